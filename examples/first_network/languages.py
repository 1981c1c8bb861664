# %% [markdown]
# # Next step: text classification
#
# Which of twenty languages are five words in? The sentences are those of the Universal Declaration of Human Rights:
# articles 1 to 20 to learn from, the other ten to be examined on. A network takes numbers, so a text becomes a row of
# zeros and ones: one place for every word of a vocabulary, or one for every three letters in a row.

# %%
import csv
import sys
from pathlib import Path

import numpy as np

sys.path += [f"{sys.path[0]}/..", ".."]  # where common.py is: for a script, for a notebook
from clarinet import Sequential, plots
from clarinet.layers import Dense, Dropout, Input, TextVectorization
from common import arguments, in_notebook, show, table

options = arguments(epochs=10, words=5)
folder = Path() if in_notebook() else Path(__file__).parent

with open(folder / "data" / "languages.csv", encoding="utf-8", newline="") as file:
    rows = list(csv.DictReader(file))
languages = sorted({row["language"] for row in rows})


# %%
def pieces(rows: list[dict[str, str]]) -> tuple[list[str], np.ndarray]:
    """The sentences cut into pieces of so many words, and the number of each one's language."""
    texts, labels = [], []
    for row in rows:
        words = row["sentence"].split()
        for start in range(0, len(words) - options.words + 1, options.words):
            texts.append(" ".join(words[start : start + options.words]))
            labels.append(languages.index(row["language"]))
    return texts, np.array(labels)


texts, y_train = pieces([row for row in rows if int(row["article"]) <= 20])
unseen, y_test = pieces([row for row in rows if int(row["article"]) > 20])
print(f"{len(texts)} pieces of {options.words} words to learn from, {len(unseen)} others; for example:")
for number in range(0, len(texts), len(texts) // 5):
    print(f"  {languages[y_train[number]]:10} {texts[number]}")

# %%
views = {
    "words": TextVectorization(output_mode="multi_hot", max_tokens=4000),
    "three letters": TextVectorization(split="character", ngrams=(3,), output_mode="multi_hot", max_tokens=3000),
}
results = {}
for name, vectorize in views.items():
    vectorize.adapt(texts)
    x_train, x_test = vectorize(texts), vectorize(unseen)
    model = Sequential([Input(x_train.shape[1:]), Dense(32, activation="relu"), Dropout(0.3),
                        Dense(len(languages), activation="softmax")])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, epochs=options.epochs, seed=options.seed, verbose=0)
    results[f"{name}: test accuracy"] = model.evaluate(x_test, y_test, verbose=0)[1]

# %% [markdown]
# A word that was not in the first twenty articles says nothing; its letters do. What is still confused are relatives:
# Danish and Norwegian, Czech and Slovak, Spanish and its neighbours.

# %%
show(plots.confusion(model, x_test, y_test, class_names=languages), "languages")
sentence = "Où est la bibliothèque, s'il vous plaît ?"
shares = model.predict(vectorize([sentence]), verbose=0)[0]
print(f"{sentence!r} is {languages[int(shares.argmax())]} ({shares.max():.0%})")
table(results)
