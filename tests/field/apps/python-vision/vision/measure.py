"""Each measurement is a function of a grey picture; the web service imports it by name."""

import numpy


def edges(grey: numpy.ndarray) -> dict:
    from skimage import filters

    found = filters.sobel(grey)
    return {"edges": round(float((found > 0.1).mean()), 3)}


def leaves(grey: numpy.ndarray) -> dict:
    from skimage import filters, measure, morphology

    mask = morphology.remove_small_objects(grey > filters.threshold_otsu(grey), 20)
    regions = measure.regionprops(measure.label(mask))
    return {"leaves": len(regions), "largest": int(max((r.area for r in regions), default=0))}


def texture(grey: numpy.ndarray) -> dict:
    from skimage import feature

    grey = (grey * 255).astype("uint8")
    matrix = feature.graycomatrix(grey, [1], [0], normed=True)
    return {"contrast": round(float(feature.graycoprops(matrix, "contrast")[0, 0]), 2)}


def corners(grey: numpy.ndarray) -> dict:
    from skimage import feature

    return {"corners": len(feature.corner_peaks(feature.corner_harris(grey), min_distance=3))}
