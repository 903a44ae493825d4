"""Closed sets of Bybit's words, as `Literal` types for arguments and answers.

An answer with a word that is not listed here still decodes: the word is kept and reported once, see `drift`.
"""

from typing import Literal

Category = Literal["spot", "linear", "inverse", "option"]
OrderStatus = Literal[
    "New",
    "PartiallyFilled",
    "Untriggered",
    "Rejected",
    "PartiallyFilledCanceled",
    "Filled",
    "Cancelled",
    "Triggered",
    "Deactivated",
]
TimeInForce = Literal["GTC", "IOC", "FOK", "PostOnly", "RPI"]
OrderType = Literal["Market", "Limit", "UNKNOWN"]
StopOrderType = Literal[
    "TakeProfit",
    "StopLoss",
    "TrailingStop",
    "Stop",
    "PartialTakeProfit",
    "PartialStopLoss",
    "tpslOrder",
    "OcoOrder",
    "MmRateClose",
    "BidirectionalTpslOrder",
]
CreateType = Literal[
    "CreateByUser",
    "CreateByFutureSpread",
    "CreateByAdminClosing",
    "CreateBySettle",
    "CreateByStopOrder",
    "CreateByTakeProfit",
    "CreateByPartialTakeProfit",
    "CreateByStopLoss",
    "CreateByPartialStopLoss",
    "CreateByTrailingStop",
    "CreateByTrailingProfit",
    "CreateByLiq",
    "CreateByTakeOver_PassThrough",
    "CreateByAdl_PassThrough",
    "CreateByBlock_PassThrough",
    "CreateByBlockTradeMovePosition_PassThrough",
    "CreateByChaseOrder",
    "CreateByFGridBot",
    "CloseByFGridBot",
    "CreateByTWAP",
    "CreateByMartingaleBot",
    "CloseByMartingaleBot",
    "CreateByIceBerg",
    "CreateByBboOrder",
    "CreateByClosing",
    "CreateByTVSignal",
    "CreateByMmRateClose",
    "CreateByArbitrage",
    "CreateByDdh",
]
CancelType = Literal[
    "CancelByUser",
    "CancelByReduceOnly",
    "CancelByPrepareLiq",
    "CancelByPrepareAdl",
    "CancelByAdmin",
    "CancelBySettle",
    "CancelByTpSlTsClear",
    "CancelBySmp",
    "CancelByDCP",
    "CancelByRebalance",
    "CancelByOCOTpCanceledBySlTriggered",
    "CancelByOCOSlCanceledByTpTriggered",
    "CancelByUser",
    "CancelByReduceOnly",
    "CancelAllBeforeLiq",
    "CancelAllBeforeAdl",
    "CancelBySettle",
    "CancelByCannotAffordOrderCost",
    "CancelByPmTrialMmOverEquity",
    "CancelByAccountBlocking",
    "CancelByDelivery",
    "CancelByMmpTriggered",
    "CancelByCrossSelfMuch",
    "CancelByCrossReachMaxTradeNum",
    "CancelByDCP",
    "CancelBySmp",
]
RejectReason = Literal[
    "EC_NoError",
    "EC_Others",
    "EC_UnknownMessageType",
    "EC_MissingClOrdID",
    "EC_MissingOrigClOrdID",
    "EC_ClOrdIDOrigClOrdIDAreTheSame",
    "EC_DuplicatedClOrdID",
    "EC_OrigClOrdIDDoesNotExist",
    "EC_TooLateToCancel",
    "EC_UnknownOrderType",
    "EC_UnknownSide",
    "EC_UnknownTimeInForce",
    "EC_WronglyRouted",
    "EC_MarketOrderPriceIsNotZero",
    "EC_LimitOrderInvalidPrice",
    "EC_NoEnoughQtyToFill",
    "EC_NoImmediateQtyToFill",
    "EC_PerCancelRequest",
    "EC_MarketOrderCannotBePostOnly",
    "EC_PostOnlyWillTakeLiquidity",
    "EC_CancelReplaceOrder",
    "EC_InvalidSymbolStatus",
    "EC_CancelForNoFullFill",
    "EC_BySelfMatch",
    "EC_InCallAuctionStatus",
    "EC_QtyCannotBeZero",
    "EC_MarketOrderNoSupportTIF",
    "EC_ReachMaxTradeNum",
    "EC_InvalidPriceScale",
    "EC_BitIndexInvalid",
    "EC_StopBySelfMatch",
    "EC_InvalidSmpType",
    "EC_CancelByMMP",
    "EC_InvalidUserType",
    "EC_InvalidMirrorOid",
    "EC_InvalidMirrorUid",
    "EC_EcInvalidQty",
    "EC_InvalidAmount",
    "EC_LoadOrderCancel",
    "EC_MarketQuoteNoSuppSell",
    "EC_DisorderOrderID",
    "EC_InvalidBaseValue",
    "EC_LoadOrderCanMatch",
    "EC_SecurityStatusFail",
    "EC_ReachRiskPriceLimit",
    "EC_OrderNotExist",
    "EC_CancelByOrderValueZero",
    "EC_CancelByMatchValueZero",
    "EC_ReachMarketPriceLimit",
]
ExecType = Literal[
    "Trade",
    "AdlTrade",
    "Funding",
    "BustTrade",
    "Delivery",
    "Settle",
    "BlockTrade",
    "MovePosition",
    "FutureSpread",
    "CorporateAction",
    "UNKNOWN",
]
TickDirection = Literal["PlusTick", "ZeroPlusTick", "MinusTick", "ZeroMinusTick"]
IntervalTime = Literal["5min", "1h", "1d"]
PositionStatus = Literal["Normal", "Liq", "Adl"]
TriggerBy = Literal["LastPrice", "IndexPrice", "MarkPrice"]
ContractType = Literal["InversePerpetual", "LinearPerpetual", "LinearFutures", "InverseFutures"]
InstrumentStatus = Literal["PreLaunch", "Trading", "Delivering", "Closed"]
SymbolType = Literal["innovation", "adventure", "xstocks", "commodity", "stock", "forex"]
AuctionPhase = Literal[
    "NotStarted", "Finished", "CallAuction", "CallAuctionNoCancel", "CrossMatching", "ContinuousTrading"
]
SmpType = Literal["CancelMaker", "CancelTaker", "CancelBoth"]
AccountType = Literal["UNIFIED", "FUND"]
TransferStatus = Literal["SUCCESS", "PENDING", "FAILED"]
WithdrawStatus = Literal[
    "SecurityCheck",
    "Pending",
    "success",
    "CancelByUser",
    "Reject",
    "Fail",
    "BlockchainConfirmed",
    "MoreInformationRequired",
    "Unknown",
]
Locale = Literal[
    "de-DE",
    "en-US",
    "es-AR",
    "es-ES",
    "es-MX",
    "fr-FR",
    "kk-KZ",
    "id-ID",
    "uk-UA",
    "ja-JP",
    "ru-RU",
    "th-TH",
    "pt-BR",
    "tr-TR",
    "vi-VN",
    "zh-TW",
    "ar-SA",
    "hi-IN",
    "fil-PH",
]
AnnouncementType = Literal[
    "new_crypto",
    "latest_bybit_news",
    "delistings",
    "latest_activities",
    "product_updates",
    "maintenance_updates",
    "new_fiat_listings",
    "other",
]
Side = Literal["Buy", "Sell"]
PositionIdx = Literal[0, 1, 2]
Interval = Literal["1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D", "W", "M"]
IntervalName = Literal["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d", "1w", "1M"]
OrderFilter = Literal["Order", "StopOrder", "tpslOrder", "OcoOrder", "BidirectionalTpslOrder"]
TriggerDirection = Literal[1, 2]
TpslMode = Literal["Full", "Partial"]
MarketUnit = Literal["baseCoin", "quoteCoin"]
MarginMode = Literal["ISOLATED_MARGIN", "REGULAR_MARGIN", "PORTFOLIO_MARGIN"]
