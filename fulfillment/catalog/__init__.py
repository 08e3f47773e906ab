"""Products: what a customer may ask for, where it goes on the piece, and how the piece is made. One file a product."""

from fulfillment.catalog.allergens import Allergen, stated
from fulfillment.catalog.body import Body
from fulfillment.catalog.files import CodeField, DrawingField, ModelField, PdfField, SerialField
from fulfillment.catalog.jigs import PLATED, TOGETHER, Jig, Plate, Pockets
from fulfillment.catalog.laser import LaserRecipe
from fulfillment.catalog.lettering import Arc, MonogramField, TextField
from fulfillment.catalog.lines import PenRecipe
from fulfillment.catalog.loader import FOLDER, Catalog, load, parse
from fulfillment.catalog.mill import MillRecipe
from fulfillment.catalog.models import Box, Choice, Operation, Option, PhotoField, Piece, Product
from fulfillment.catalog.parameters import Bound, Opening, Parameter, Rule
from fulfillment.catalog.press import PressRecipe
from fulfillment.catalog.recipes import Prime, Recipe
from fulfillment.catalog.thread import ThreadRecipe

__all__ = [
    "FOLDER",
    "PLATED",
    "TOGETHER",
    "Allergen",
    "Arc",
    "Body",
    "Bound",
    "Box",
    "Catalog",
    "Choice",
    "CodeField",
    "DrawingField",
    "Jig",
    "LaserRecipe",
    "MillRecipe",
    "ModelField",
    "MonogramField",
    "Opening",
    "Operation",
    "Option",
    "Parameter",
    "PdfField",
    "PenRecipe",
    "PhotoField",
    "Piece",
    "Plate",
    "Pockets",
    "PressRecipe",
    "Prime",
    "Product",
    "Recipe",
    "Rule",
    "SerialField",
    "TextField",
    "ThreadRecipe",
    "load",
    "parse",
    "stated",
]
