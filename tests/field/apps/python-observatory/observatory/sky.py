import math

import ephem
from PIL import Image, ImageDraw, ImageFont

BODIES = {
    "sun": ephem.Sun, "moon": ephem.Moon, "mars": ephem.Mars, "jupiter": ephem.Jupiter,
    "saturn": ephem.Saturn, "venus": ephem.Venus, "pluto": ephem.Pluto, "io": ephem.Io,
}


class NeverRises(Exception):
    pass


def names():
    return sorted(BODIES)


def _at(name, when):
    if name in BODIES:
        return BODIES[name](when)
    star = ephem.star(name.title())
    star.compute(when)
    return star


def position(name, when):
    found = _at(name, when)
    if isinstance(found, ephem.Io):
        return {"name": name, "x": round(found.x, 2), "y": round(found.y, 2)}
    return {"name": name, "ra": str(found.ra), "dec": str(found.dec), "in": ephem.constellation(found)[1]}


def constellation(name):
    return ephem.constellation(_at(name, "2026/1/1"))[1]


def moon(when):
    return round(ephem.Moon(when).phase)


def rise(name, place, day):
    if place == "Longyearbyen":
        observer = ephem.Observer()
        observer.lat, observer.lon = "78.22", "15.65"
    elif place == "Reykjavik":
        observer = ephem.Observer()
        observer.lat, observer.lon = "64.15", "-21.94"
    else:
        from ephem import cities

        observer = cities.city(place)
    observer.date = day.strftime("%Y/%m/%d")
    try:
        found = observer.next_rising(BODIES[name]())
    except ephem.CircumpolarError as never:
        raise NeverRises(str(never)) from never
    return ephem.to_timezone(found, ephem.UTC)


def chart(when):
    picture = Image.new("RGB", (480, 240), "#101030")
    pen = ImageDraw.Draw(picture)
    font = ImageFont.truetype("DejaVuSans.ttf", 12)
    for name, kind in BODIES.items():
        if name == "io":
            continue
        body = kind(when)
        x, y = body.ra / (2 * math.pi) * 480, 120 - body.dec / math.pi * 240
        pen.ellipse((x - 3, y - 3, x + 3, y + 3), fill="white")
        pen.text((x + 5, y - 6), name, fill="#ffd", font=font)
    return picture
