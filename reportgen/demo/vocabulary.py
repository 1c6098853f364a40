"""Words and templates of the headlines; `|` marks where the tokenizer may cut and is not text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log10


def listed(words: str) -> tuple[str, ...]:
    """The words of a text, in order."""
    return tuple(words.split())


ENGLISH_WORDS = listed(
    """
    a about after again all also always an and another any are as asked at away back be because
    been before being best better big both but buy by call came can case change child city come
    company could country course day days did different do does done down each early even every
    fact few find first for found from gave give go going good great group had hand has have he
    head help her here high him his home house how however i if in into is it its just keep kind
    know large last later left let life like line little long look looked made make man many may
    me mean men might mind moment money more morning most mother much must my name need never
    new next night no nothing number of off often old on once one only open or order other our
    out over own part people person place play point possible president problem program put
    question quite rather read real really right room run said same saw say school see seemed
    service set several she should show side since small so some something soon state still
    story such system take tell than that the their them then there these they thing things
    think this those thought three through time to together told too took turned two under until
    up upon us use used very want wanted was water way we week well went were what when where
    which while white who whole why will with without woman word words work world would year
    years yes yet you young your movie film book story acting plot characters director scene
    watch bad boring funny interesting love enjoyed product price quality review text model
    """
)
ENGLISH_PARTS = listed(
    """
    al an ar as at ch co de di ed el en er es et ing ion is it le ll ly ma me ment ness nd ne on
    or ous pe ra re ri ro se sh st ta te th ti tion to un ur ve able est ful ous pro con com 's
    't
    """
)
JAPANESE_WORDS = listed(
    """
    です ます でした ました ません という として について による により ため こと
    もの から まで より など ので のに けど だけ ない なかった いる いた ある
    あった した して する される された れた れる なる なった ている ていた この
    その あの どの これ それ ここ そこ とても すごく もう また さらに しかし
    そして 日本 東京 今年 昨年 発表 開催 会社 政府 問題 社会 世界 時間 人々 女性
    男性 子ども 学校 大学 研究 調査 結果 情報 利用 必要 可能 予定 映画 作品
    """
)
FREE = 0.60
LIMIT = -0.35
PAID = -0.50
URGENCY = 0.45


class Kind(StrEnum):
    """What a component is to the rule; the last four never count."""

    FREE = "free"
    NEGATION = "negation"
    URGENCY = "urgency"
    LIMIT = "limit"
    PAID = "paid"
    CAP = "cap"
    AMOUNT = "amount"
    RECEIVE = "receive"
    BENEFIT = "benefit"
    BRAND = "brand"
    FILLER = "filler"
    UNKNOWN = "unknown"
    MASKED = "masked"


@dataclass(frozen=True)
class Language:
    """What headlines of one language are made of.

    In templates `{kind}` is a slot, `<...>` a part that may be left out, all else neutral text.
    Only `offers` hold amounts; `neutral` sentences are worth nothing.
    """

    words: Mapping[Kind, tuple[str, ...]]
    benefits: Mapping[str, float]
    amounts: tuple[str, ...]
    offers: tuple[str, ...]
    plain: tuple[str, ...]
    neutral: tuple[str, ...]
    sentence_end: str
    ten_thousand: str
    capitals: bool


JAPANESE = Language(
    words={
        Kind.FREE: ("無料", "完全|無料", "初年度|無料", "タダ", "0|円"),
        Kind.NEGATION: ("では|ありません", "では|ない", "じゃない"),
        Kind.URGENCY: ("今すぐ", "今だけ", "本日|限り", "本日|まで", "まもなく|終了", "急いで"),
        Kind.LIMIT: (
            "先着|順",
            "条件|あり",
            "抽選|で",
            "新規|の|方|のみ",
            "数量|限定",
            "審査|あり",
        ),
        Kind.PAID: ("有料", "手数料|別", "年会費|あり", "自己|負担"),
        Kind.CAP: ("最大", "最高"),
        Kind.RECEIVE: ("もらえる", "プレゼント", "還元", "進呈", "獲得", "もらえます"),
        Kind.BRAND: (
            "munaita|カード",
            "munaita|ペイ",
            "あおぞら|銀行",
            "ひまわり|保険",
            "はなまる|ストア",
            "そらいろ|モバイル",
            "みどり|でんき",
            "こもれび|旅行",
            "つばめ|証券",
            "ほしぞら|英会話",
            "まるふく|市場",
            "さくら|クリニック",
        ),
    },
    benefits={
        "送料無料": 0.25,
        "半額": 0.25,
        "割引": 0.20,
        "特典|付き": 0.20,
        "ポイント|2|倍": 0.20,
        "全額|返金": 0.20,
        "満足|度|No.1": 0.15,
        "高|品質": 0.15,
        "安心|の|補償": 0.15,
        "簡単": 0.10,
        "最短|1|分": 0.10,
        "24|時間|対応": 0.10,
        "人気": 0.10,
    },
    amounts=("{}|ポイント", "{}|円|分", "{}|円", "{}|マイル", "{}|円|相当"),
    offers=(
        "[{free}]{urgency}|申し込み|で|{cap}{amount}{receive}[{brand}]",
        "<[{free}]><{urgency}>|申し込み|で|<{cap}>{amount}{receive}<[{brand}]>",
        "<{urgency}>{brand}|に|入会|すると|<{cap}>{amount}{receive}<!※{limit}>",
        "【{brand}】<{free}|登録|で|><{cap}>{amount}|を|{receive}",
        "<{benefit}!>{brand}|に|新規|入会|で|<{cap}>{amount}{receive}<({urgency})>",
        "{amount}{receive}!<{free}|の|>{brand}|キャンペーン|<。{limit}>",
        "{brand}|を|使って|{amount}|を|{receive}<、{urgency}|エントリー>",
        "{urgency}|応募!<{cap}>{amount}|を|{receive}<(※{limit})>",
        "{brand}|の|月額|{amount}|プラン|<{benefit}>",
        "通常|価格|{amount}|の|{brand}|<。{urgency}>",
        "{brand}|で|<{cap}>{amount}|の|お|買い物|<、{free}>",
        "[{free}{negation}]{brand}|の|講座|は|{amount}<、{benefit}>",
        "{brand}|の|会員|に|景品|を|{receive}<!{urgency}>",
    ),
    plain=(
        "[{free}]{brand}|の|資料|請求|は|こちら",
        "{brand}|は|{free}{negation}<。{benefit}|です>",
        "この|サービス|は|{free}{negation}",
        "{benefit}!{brand}<、{limit}>",
        "<{urgency}>|体験|レッスン|{free}<({limit})>",
        "{urgency}!{brand}|の|{benefit}|フェア",
        "{brand}|アプリ|は|{paid}|です<が|{benefit}>",
        "{paid}|の|{brand}|プラン|、{benefit}",
        "※{limit}<、{paid}>",
        "{benefit}|&|{benefit}!{brand}<を|{free}|で>",
    ),
    neutral=(
        "これ|一つ|で|大丈夫!{brand}|で|贅沢|三昧",
        "毎日|の|暮らし|に|{brand}",
        "はじめて|の|方|も|{brand}",
        "{brand}|から|の|お|知らせ",
        "あなた|に|ぴったり|の|一枚、{brand}",
        "詳しく|は|公式|サイト|を|ご覧|ください",
        "選ばれて|10|年、これから|も|{brand}",
        "家族|みんな|で|使える|{brand}",
        "季節|の|おすすめ|を|ご|紹介|します",
        "大人|の|ため|の|{brand}|という|選択",
        "新しい|毎日|が|ここ|から|始まる",
        "全国|の|お|店|で|使えて|便利|です",
        "お|問い合わせ|は|窓口|まで",
        "今日|から|あなた|も|{brand}|の|仲間",
        "旅|の|お|供|に|{brand}|は|いかが|でしょう",
        "申し込み|から|利用|開始|まで|の|流れ|を|説明|します",
        "春|の|新|生活|を|応援|する|{brand}",
        "スマホ|と|一緒|に|持ち歩く|{brand}",
    ),
    sentence_end="。",
    ten_thousand="万",
    capitals=False,
)
ENGLISH = Language(
    words={
        Kind.FREE: ("free", "free of charge", "at no cost", "complimentary"),
        Kind.NEGATION: ("not ", "never "),
        Kind.URGENCY: ("now", "today only", "right away", "ends tonight", "last chance", "hurry"),
        Kind.LIMIT: (
            "while stocks last",
            "conditions apply",
            "new members only",
            "by lottery",
            "limited seats",
        ),
        Kind.PAID: ("paid", "annual fee applies", "at your own expense", "fees apply"),
        Kind.CAP: ("up to ", "as much as "),
        Kind.RECEIVE: ("get", "earn", "receive", "win", "claim"),
        Kind.BRAND: (
            "munaita card",
            "munaita pay",
            "Bluebird Bank",
            "Sunflower Insurance",
            "Maple Store",
            "Skyline Mobile",
            "Greenleaf Energy",
            "Harbor Travel",
            "Lantern Books",
            "Orchard Kitchen",
            "Pebble Fitness",
            "Willow Clinic",
        ),
    },
    benefits={
        "half price": 0.25,
        "free shipping": 0.25,
        "discount": 0.20,
        "double points": 0.20,
        "money back": 0.20,
        "top rated": 0.15,
        "high quality": 0.15,
        "full coverage": 0.15,
        "easy": 0.10,
        "in one minute": 0.10,
        "24|-|hour support": 0.10,
        "popular": 0.10,
    },
    amounts=("{} points", "{} miles", "${}", "{} dollars", "{} yen"),
    offers=(
        "[{free}] <({urgency}) >|apply and {receive} <{cap}>{amount} [{brand}]",
        "{receive} <{cap}>{amount} when you join {brand}<, {urgency}>",
        "<{urgency}: >|sign up and {receive} <{cap}>{amount}< - {limit}>",
        "{brand}: {receive} <{cap}>{amount}, {benefit}",
        "join {brand} {urgency} to {receive} <{cap}>{amount}",
        "{receive} {amount} with our {free} {brand} trial<. {limit}>",
        "{brand} plans from {amount} a month<, {benefit}>",
        "regular price {amount}: {brand}< {urgency}>",
        "shop for <{cap}>{amount} with {brand}< and it is {free}>",
        "{negation}{free}: {brand} course for {amount}",
        "{receive} a gift from {brand}< {urgency}>",
    ),
    plain=(
        "[{free}] brochure from {brand}",
        "{brand} is {negation}{free}<, but {benefit}>",
        "this service is {negation}{free}",
        "{benefit} at {brand}< ({limit})>",
        "try {brand} {free}<, {urgency}>",
        "{urgency}! {benefit} fair at {brand}",
        "the {brand} app is {paid}< but {benefit}>",
        "{paid} plan by {brand}, {benefit}",
        "note: {limit}<, {paid}>",
        "{benefit}, {benefit}: {brand}< is {free}>",
    ),
    neutral=(
        "this one is all you need! live in luxury with {brand}",
        "{brand} for your everyday life",
        "made for beginners and experts alike: {brand}",
        "news from {brand}",
        "the card that fits you, {brand}",
        "see our website for more details",
        "ten years of {brand} and counting",
        "the whole family can use {brand}",
        "we show you what the season has to offer",
        "a new way to spend the weekend starts here",
        "accepted at shops all over the country",
        "please contact our desk with any question",
        "from today you are part of {brand} too",
        "how about {brand} for your next trip?",
        "we explain how it works from start to finish",
        "ready for spring with {brand}",
        "carry {brand} together with your phone",
    ),
    sentence_end=". ",
    ten_thousand="",
    capitals=True,
)
LANGUAGES = (JAPANESE, ENGLISH)
BASE = 1.0
NEGATED_FREE = -0.15
AMOUNT_PER_DECADE = 0.30
AMOUNT_FLOOR = 100
CAP_FACTOR = 0.75
ADDITIVE = {Kind.URGENCY: URGENCY, Kind.LIMIT: LIMIT, Kind.PAID: PAID}


@dataclass(frozen=True)
class Component:
    """A piece of a headline; `value` is an amount's number or a benefit's worth, else 0."""

    kind: Kind
    text: str
    value: float = 0.0


def score(components: Sequence[Component]) -> float:
    """The appeal score of a headline, without noise.

    An amount counts only if a receive verb stands anywhere in the headline, and less right after
    a cap ("up to"). A free offer turns against itself right beside a negation.
    """
    received = any(component.kind is Kind.RECEIVE for component in components)
    total = BASE
    for position, component in enumerate(components):
        before = components[position - 1].kind if position else None
        after = components[position + 1].kind if position + 1 < len(components) else None
        if component.kind is Kind.FREE:
            total += NEGATED_FREE if Kind.NEGATION in (before, after) else FREE
        elif component.kind is Kind.AMOUNT and received:
            decades = log10(component.value / AMOUNT_FLOOR)
            total += AMOUNT_PER_DECADE * decades * (CAP_FACTOR if before is Kind.CAP else 1.0)
        elif component.kind is Kind.BENEFIT:
            total += component.value
        else:
            total += ADDITIVE.get(component.kind, 0.0)
    return total


def contributions(components: Sequence[Component]) -> list[float]:
    """What each component adds: the score of the whole minus the score without it, exactly."""
    whole = score(components)
    return [
        whole - score([*components[:position], *components[position + 1 :]])
        for position in range(len(components))
    ]


def text_of(components: Sequence[Component]) -> str:
    """The headline as the model reads it."""
    return "".join(component.text for component in components)


def component_of_each_character(components: Sequence[Component]) -> list[int]:
    """For every code point of `text_of(components)`, the index of the component it belongs to."""
    return [index for index, component in enumerate(components) for _ in component.text]
