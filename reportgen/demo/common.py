"""Frequent words that no template has.

They keep other texts from falling to single letters, and stand in training as words that mean
nothing to the rule.
"""


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
