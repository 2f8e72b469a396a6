class RemindJob < ActiveJob::Base
  def perform(tea)
    TeaMailer.ready(tea).deliver_now
  end
end
