"""Words and phrases as regular expressions, written from docs/formats/indexes.md alone."""

import unicodedata

from .dialect import Sql, sql, text

IDEOGRAPHS = [
    (0x3005, 0x3007), (0x3041, 0x3096), (0x30A1, 0x30FA), (0x30FC, 0x30FC), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
]
IDEOGRAPH = "".join(f"\\x{{{first:x}}}-\\x{{{last:x}}}" for first, last in IDEOGRAPHS)
OTHER = r"[^\p{L}\p{N}]"
BEFORE = f"(^|{OTHER}|[{IDEOGRAPH}])"
AFTER = f"($|{OTHER}|[{IDEOGRAPH}])"


def is_ideograph(character):
    return any(first <= ord(character) <= last for first, last in IDEOGRAPHS)


def is_letter(character):
    return character.isalpha() or unicodedata.category(character).startswith("N")


def runs(question):
    """The runs of letters and digits, and the runs of ideographs, in lower case."""
    found, last = [], None
    for character in question:
        kind = "ideographs" if is_ideograph(character) else "letters" if is_letter(character) else None
        if kind and kind == last:
            found[-1] += character.lower()
        elif kind:
            found.append(character.lower())
        last = kind
    return found


def has_word(column, question):
    """Whether a text has all words, of ideographs all pairs that stand together."""
    tests = []
    for run in runs(question):
        if is_ideograph(run[0]):
            tests += [f"contains({{0}}, '{run[at:at + 2]}')" for at in range(max(len(run) - 1, 1))]
        else:
            tests.append(f"regexp_matches(lower({{0}}), '{BEFORE}{run}{AFTER}')".replace("{", "{{").replace("}", "}}").replace("{{0}}", "{0}"))
    none = "CASE WHEN {0} IS NULL THEN NULL ELSE false END"
    return sql("has_word({0}, {1})", column, text(question), duck=f"({' AND '.join(tests) or none})")


def has_phrase(column, phrase):
    """Whether the words stand one after the other; of ideographs side by side, side by side."""
    of_phrase = runs(phrase)
    if not of_phrase:
        return sql("has_phrase({0}, {1})", column, text(phrase), duck="CASE WHEN {0} IS NULL THEN NULL ELSE false END")
    pattern, last = "", None
    for run in of_phrase:
        kind = is_ideograph(run[0])
        if last is None:
            pattern = run if kind else BEFORE + run
        else:
            pattern += OTHER + ("*" if kind or last else "+") + run
        last = kind
    pattern = text(pattern if last else pattern + AFTER)
    return sql("has_phrase({0}, {1})", column, Sql(text(phrase).ours, pattern.duck), duck="regexp_matches(lower({0}), {1})")
