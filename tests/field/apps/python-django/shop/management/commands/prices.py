import csv

from django.core.management.base import BaseCommand

from shop.models import Item


class Command(BaseCommand):
    help = "Write the prices as CSV."

    def handle(self, *args, **options):
        writer = csv.writer(self.stdout)
        writer.writerows(Item.objects.values_list("name", "price"))
