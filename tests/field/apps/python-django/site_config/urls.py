from django.contrib import admin
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path

from shop.sitemaps import ItemSitemap

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("django.contrib.auth.urls")),
    path("sitemap.xml", sitemap, {"sitemaps": {"items": ItemSitemap}}),
    path("", include("shop.urls")),
]
