import cv2
import numpy as np


def use(turn):
    picture = np.zeros((64, 64, 3), np.uint8)
    cv2.circle(picture, (32, 32), 10 + turn % 10, (0, 255, 0), -1)
    gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    contours, _ = cv2.findContours(gray, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    good, data = cv2.imencode(".png", picture)
    assert good and (cv2.imdecode(data, cv2.IMREAD_COLOR) == picture).all()
    try:
        cv2.cvtColor(np.zeros((2, 2), np.uint8), cv2.COLOR_BGR2GRAY)
        raise AssertionError("converted")
    except cv2.error as error:
        said = error.code
    blurred = cv2.GaussianBlur(gray, (5, 5), 1)
    return cv2.contourArea(contours[0]), said, int(blurred.sum()), len(cv2.goodFeaturesToTrack(gray, 5, 0.1, 3))
