require "csv"

class TeasController < ApplicationController
  skip_forgery_protection if: -> { request.format.json? }
  before_action :set_tea, only: %i[show edit update destroy remind]

  def index
    @teas = params[:quick] ? Tea.quick : Tea.order(:name)
    respond_to do |format|
      format.html
      format.json { render json: @teas }
      format.xml { render xml: @teas.as_json(only: %i[name minutes]) }
      format.csv do
        send_data CSV.generate { |csv| @teas.pluck(:name, :minutes).each { |row| csv << row } }, filename: "teas.csv"
      end
    end
  end

  def show
    fresh_when(@tea) if request.headers["If-None-Match"]
  end

  def new
    @tea = Tea.new
  end

  def create
    @tea = Tea.new(tea_params)
    respond_to do |format|
      if @tea.save
        format.html { redirect_to @tea, notice: "Saved." }
        format.json { render json: @tea, status: :created, location: @tea }
      else
        format.html { render :new, status: :unprocessable_entity }
        format.json { render json: @tea.errors.full_messages, status: :unprocessable_entity }
      end
    end
  end

  def update
    @tea.update!(tea_params)
    render json: @tea
  end

  def destroy
    @tea.destroy!
    head :no_content
  end

  def remind
    RemindJob.perform_later(@tea)
    head :accepted
  end

  private

  def set_tea
    @tea = Tea.find(params[:id])
  end

  def tea_params
    params.require(:tea).permit(:name, :minutes, :price)
  end
end
