from django.urls import path

from . import views

urlpatterns = [
    path("", views.index),
    path("items/<int:pk>/", views.ItemView.as_view()),
    path("order/", views.order),
    path("export.json", views.export),
    path("feed/", views.Latest()),
]
