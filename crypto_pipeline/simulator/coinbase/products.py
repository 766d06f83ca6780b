"""Which products there are at an instant, on both of Coinbase's interfaces.

What belongs here: names, aliases, what is listed when. What does not: documents about products.

Products in USDC share the book of those in USD: Advanced Trade lists `BTC-USDC` with the alias
`BTC-USD`, Exchange does not list it at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from crypto_pipeline.domain.instruments import InstrumentType
from crypto_pipeline.simulator.market.coins import STABLE
from crypto_pipeline.simulator.market.listings import Listing
from crypto_pipeline.simulator.market.synthetic import SyntheticMarket

_ALIASED, _ALIAS = "-USD", "-USDC"


@dataclass(frozen=True, slots=True)
class Product:
    """A product of Advanced Trade.

    Attributes:
        product_id: its name.
        listing: whose book it is.
    """

    product_id: str
    listing: Listing

    @property
    def quote(self) -> str:
        """The coin that it is quoted in."""
        return self.product_id.rpartition("-")[2]

    @property
    def alias(self) -> str:
        """The product whose book it shares; empty if it has its own."""
        return "" if self.product_id == self.listing.symbol else self.listing.symbol

    @property
    def alias_to(self) -> list[str]:
        """The products that share its book."""
        shared = not self.alias and has_alias(self.listing)
        return [self.listing.symbol + _ALIAS[-1]] if shared else []


def has_alias(listing: Listing) -> bool:
    """Whether a product in USDC shares the listing's book."""
    return listing.quote == "USD" and listing.base not in STABLE


def shared_book(product_id: str) -> str:
    """The product whose book `product_id` may share: itself, or that in USD for one in USDC."""
    return product_id[:-1] if product_id.endswith(_ALIAS) else product_id


class Products:
    """The products of one market.

    Args:
        market: what Coinbase lists.
    """

    def __init__(self, market: SyntheticMarket) -> None:
        self.market = market

    def listings(self, now: int) -> list[Listing]:
        """All that were listed by `now` (ms), those included that are no longer."""
        every = self.market.listings("coinbase", InstrumentType.SPOT)
        return [listing for listing in every if listing.listed_at <= now]

    def listing(self, symbol: str, now: int) -> Listing | None:
        """What Exchange lists by that name at `now` (ms), or did before; None where nothing."""
        found = self.market.listing("coinbase", InstrumentType.SPOT, symbol)
        return found if found is not None and found.listed_at <= now else None

    def product(self, product_id: str, now: int) -> Product | None:
        """The product of Advanced Trade by that name at `now` (ms), None where there is none."""
        listing = self.listing(shared_book(product_id), now)
        if listing is None or (product_id != listing.symbol and not has_alias(listing)):
            return None
        return Product(product_id, listing)

    def products(self, now: int, *, ended: bool = False) -> list[Product]:
        """All products of Advanced Trade at `now` (ms); with `ended` also those delisted."""
        found = []
        for listing in self.listings(now):
            if ended or listing.trading(now):
                product = Product(listing.symbol, listing)
                shared = [Product(name, listing) for name in product.alias_to]
                found += [product, *shared]
        return found
