import cv2

from camera import frames


def detect():
    background = cv2.createBackgroundSubtractorMOG2()
    moved = [int((background.apply(frames.frame(number)) > 0).sum()) for number in range(0, 40, 4)]
    return {"frames": len(moved), "moving": moved[-1] > 0}
