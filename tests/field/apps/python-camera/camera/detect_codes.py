import cv2


def detect():
    picture = cv2.QRCodeEncoder.create().encode("tea parcel")
    picture = cv2.copyMakeBorder(cv2.resize(picture, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST), 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=255)
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(picture)
    return {"text": text}
