"""Real coins and what they roughly cost: enough to make a plausible instrument of any well-known symbol."""

from decimal import Decimal
from typing import NamedTuple


class Coin(NamedTuple):
    """One coin: its price in US dollars, and how much of it is traded as a share of what is traded of bitcoin."""

    name: str
    price: Decimal
    activity: float


MAJORS = frozenset({"BTC", "ETH", "SOL", "XRP", "DOGE", "ADA", "LTC", "DOT", "LINK", "EOS", "AVAX", "BNB"})
"""Coins that inverse contracts are settled in."""

_BUSY = """
    BTC 60000 1, ETH 3000 .6, SOL 150 .25, XRP .6 .18, DOGE .12 .12, BNB 580 .06, ADA .45 .05, AVAX 28 .05,
    LINK 14 .05, SUI 1.8 .09, 1000PEPE .01 .09, LTC 75 .04, TON 5.5 .04, DOT 5 .03, WLD 2 .04, NEAR 4.5 .03,
    APT 8 .03, ARB .6 .03, OP 1.7 .03, BCH 350 .03, TRX .15 .03, FIL 4 .02, AAVE 130 .02, INJ 20 .02, TIA 5
    .02, SEI .35 .02, ENA .4 .03, ORDI 35 .02, WIF 2 .04, HYPE 25 .06, ONDO .8 .02, FET 1.3 .02, ETC 20 .02,
    UNI 8 .02, ICP 9 .01, ATOM 5 .02
"""
_QUIET = """
    SHIB1000 .018, 1000BONK .02, 1000FLOKI .14, 1000LUNC .09, 1000RATS .1, 1000SATS .25, 1000XEC .03,
    1000TURBO 5, PEPE .00001, BONK .00002, FLOKI .00014, SHIB .000018, MANA .35, SAND .3, AXS 5, GALA .02, APE
    .8, CHZ .07, ENJ .17, IMX 1.4, GRT .17, LDO 1.1, MKR 1500, SNX 1.5, CRV .3, COMP 50, YFI 5500, SUSHI .7,
    DYDX 1.1, GMX 27, RUNE 4.5, KAVA .35, ALGO .13, VET .025, XLM .1, XTZ .7, EOS .5, NEO 10, IOTA .14, ZEC
    40, DASH 25, XMR 160, ZIL .016, QTUM 2.4, ONT .2, BAT .18, ZRX .33, KSM 20, EGLD 28, FLOW .6, MINA .55,
    ROSE .07, CELO .6, ONE .013, HBAR .06, THETA 1.3, FTM .6, S .6, STX 1.7, CFX .15, KAS .16, JUP .9, PYTH
    .35, JTO 2.3, STRK .4, ZK .13, ZRO 3.5, EIGEN 3, W .25, ENS 18, PENDLE 4, BLUR .2, ID .4, ARKM 1.4, CYBER
    3, MASK 2.3, GMT .15, HOOK .4, MAGIC .35, RDNT .08, SSV 20, LQTY .8, AGLD 1, ALT .1, AI .45, AR 20, ASTR
    .06, BIGTIME .1, BOME .007, C98 .12, CAKE 1.9, CELR .013, CKB .009, DYM 1.6, EDU .5, ETHFI 1.5, GAS 3.5,
    HFT .15, HIGH 1.5, IO 1.8, IOST .005, JASMY .02, KDA .5, LPT 13, MANTA .75, MAV .18, MEME .01, METIS 40,
    MEW .007, MNT .6, MOVR 9, MYRO .09, NFP .2, NOT .008, OM 1.2, OMNI 8, PEOPLE .07, PIXEL .14, POL .4, MATIC
    .5, POPCAT .9, PORTAL .3, QNT 70, RAY 1.9, RENDER 5.5, REZ .04, RON 1.6, RSR .006, RVN .018, SAFE .8, SAGA
    1.3, SFP .75, SKL .04, SPELL .0006, STG .3, STORJ .45, SUN .02, SUPER .9, TAO 400, TNSR .4, TRB 70, TURBO
    .005, TWT 1, UMA 2.3, USTC .018, VANRY .09, WAVES 1, WOO .18, XAI .2, XVS 7, YGG .45, ZETA .6, ZEN 8, BEAM
    .018, BERA 6, FARTCOIN .9, GOAT .4, KAITO 1.3, LAYER .8, MOODENG .15, MORPHO 1.5, MOVE .5, PENGU .015,
    PNUT .3, TRUMP 12, VIRTUAL 1.2, AIXBT .2, ACT .2, CHILLGUY .1, GRASS 1.5, ME 1, USUAL .3, VANA 6, XION .8,
    FLUX .5, IP 4, USDE 1, PAXG 2500, XAUT 2500
"""  # fmt: skip
_QUIET_ACTIVITY = 0.008


def _read() -> dict[str, Coin]:
    found: dict[str, Coin] = {}
    for entry in f"{_BUSY},{_QUIET}".split(","):
        name, price, *activity = entry.split()
        found[name] = Coin(name, Decimal(price), float(activity[0]) if activity else _QUIET_ACTIVITY)
    return found


COINS = _read()
