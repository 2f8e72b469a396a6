class TeaMailer < ActionMailer::Base
  default from: "shop@example.org"
  layout false

  def ready(tea)
    @tea = tea
    mail to: "anna@example.org", subject: "#{tea.name} is ready"
  end
end
