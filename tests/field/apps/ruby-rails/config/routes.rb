Rails.application.routes.draw do
  get "up" => "rails/health#show", as: :rails_health_check
  root "teas#index"
  resources :teas do
    post :remind, on: :member
  end
  get "old", to: redirect("/teas")
end
