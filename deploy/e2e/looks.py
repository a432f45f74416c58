"""How a page looks: its ground, and a picture of it."""

import os
import pathlib
import re


def background(page):
    """Red, green and blue of the page's own ground."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return [int(part) for part in re.findall(r"\d+", colour)[:3]]


def save_screenshot(page, name):
    folder = pathlib.Path(os.environ.get("SLOWBURN_SCREENSHOTS", "screenshots"))
    page.screenshot(path=folder / f"{name}.png")
