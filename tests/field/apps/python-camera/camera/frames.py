"""Frames of a camera that is simulated: a door in the rain."""

import tempfile
from pathlib import Path

import cv2
import numpy as np


def frame(number):
    picture = np.full((240, 320, 3), (90, 120, 60), np.uint8)
    cv2.rectangle(picture, (100 + number, 60), (180 + number, 220), (30, 60, 140), -1)
    cv2.putText(picture, f"door {number}", (8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1)
    return picture


def encoded(picture, kind):
    done, data = cv2.imencode(f".{kind}", cv2.resize(picture, (160, 120)))
    assert done
    return data.tobytes()


def clip():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.avi"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 5, (320, 240))
        for number in range(10):
            writer.write(frame(number))
        writer.release()
        return path.read_bytes()
