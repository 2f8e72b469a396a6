"""Options of the settings file for the devices that run the images."""

from ci_slim.options.option import Option, Type, in_file

OPTIONS: tuple[Option, ...] = (
    in_file("device.link", Type.RATE, "how fast a device downloads; gives the seconds of an "
            "update"),
    in_file("device.price", Type.PRICE, "the price of a download; gives the price of an update"),
    in_file("device.devices", Type.COUNT, "how many devices get the update", 1),
    in_file("device.updates", Type.CHOICE, "how devices get a release; the budget `update` limits "
            "that", "pull", choices=("pull", "delta")),
    in_file("device.storage", Type.SIZE, "size of the disk that holds the images; sets the budget "
            "`fit`"),
    in_file("device.reserved", Type.SIZE, "bytes of the disk that images may not use", 0),
    in_file("device.keep", Type.COUNT, "earlier releases that stay on the device for a rollback",
            1, least=0),
    in_file("device.images", Type.TEXTS, "the images that one device runs together; by default "
            "all", ()),
)  # fmt: skip
