from pathlib import Path

import cv2

from camera import frames


def detect():
    cascade = cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml"))
    found = cascade.detectMultiScale(cv2.cvtColor(frames.frame(0), cv2.COLOR_BGR2GRAY))
    return {"faces": len(found), "loaded": not cascade.empty()}
