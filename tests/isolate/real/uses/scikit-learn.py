import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC


def use(turn):
    data, kinds = make_classification(120, 6, random_state=turn)
    scores = []
    for model in (LogisticRegression(), RandomForestClassifier(8, random_state=0), SVC(), KNeighborsClassifier()):
        scores.append(round(float(model.fit(data, kinds).score(data, kinds)), 6))
    centres = np.sort(KMeans(3, random_state=0, n_init=1).fit(data).cluster_centers_[:, 0]).round(4)
    assert min(scores) > 0.6
    return scores, centres.tolist()
