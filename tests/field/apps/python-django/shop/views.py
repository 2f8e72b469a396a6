from django.contrib.syndication.views import Feed
from django.core import serializers
from django.http import HttpResponse
from django.shortcuts import render
from django.views.generic import DetailView

from .forms import Order
from .models import Item


def index(request):
    return render(request, "shop/index.html", {"items": Item.objects.order_by("pk")})


class ItemView(DetailView):
    model = Item


def order(request):
    form = Order(request.GET or None)
    return render(request, "shop/order.html", {"form": form, "valid": form.is_valid()})


def export(request):
    kind = request.GET.get("kind", "json")
    return HttpResponse(serializers.serialize(kind, Item.objects.all()), content_type="text/plain")


class Latest(Feed):
    title = "Items"
    link = "/"

    def items(self):
        return Item.objects.order_by("-pk")

    def item_description(self, item):
        return str(item.price)
