"""How orders to a model are worded, in English and Russian: what ``domain/injections.py`` looks for.

Each phrase is searched for in lower-cased words with one blank between them (``ё`` written ``е``). Between the parts of
a phrase stand a few words at most, and a word is taken whole (``++``): nothing is tried twice, whatever the text is.
Words that people say to people ("нарушают правила", "забудьте о пробках", "вы теперь можете") are none: an order names
what only a model was given, or somebody that only a model can be.
"""

import re
from collections.abc import Mapping
from typing import Final

_GAP: Final = r"(?: \w++){0,3}?"
_TOLD: Final = (
    r"(?:instructions?|prompts?|directions|directives?|guidelines|rules|context|orders|programming)"
)
_BEFORE: Final = r"(?:previous|prior|above|earlier|preceding|foregoing|original|system|your|all)"
_WHAT: Final = (
    r"(?:инструкци\w*|указани\w*|промпт\w*|директив\w*|предписани\w*|установк\w*|команд\w*|правил\w*)"
)
_EARLIER: Final = (
    r"(?:предыдущ|прежн|прошл|предшеств|вышеуказанн|вышеизложенн|вышестоящ|системн|исходн|начальн)\w*"
)
_OWN: Final = r"(?:все|всех|свои|своих|твои|твоих|ваши|ваших|данные тебе)"
_TELL: Final = r"(?:output|print|reveal|repeat|show|display|leak|disclose|return|write|tell)"
_SAY: Final = (
    r"(?:выведи|покажи|раскрой|повтори|напечатай|напиши|пришли|выдай|сообщи|процитируй|перескажи)(?:те)?"
)
_KEPT: Final = r"(?:system|initial|hidden|original|secret|developer|your)"
_SOMEBODY: Final = (
    r"(?:ai|dan|model|assistant|bot|chatbot|gpt|llm|agent|root|admin|administrator|hacker|terminal|persona)"
)
_ROLE: Final = (
    r"(?:ии|dan|root|рут|модель\w*|ассистент\w*|бот|ботом|чатбот\w*|помощник\w*|нейросет\w*|администратор\w*"
    r"|хакер\w*|терминал\w*|персонаж\w*|разработчик\w*|искусственн\w+ интеллект\w*)"
)
#: What somebody is like; no verb, of which people are told ("представьте, что вы обучаете модель").
_SUCH: Final = r"(?: что ты| что вы)?(?: не)?(?: \w+(?:ый|ий|ой|ая|ым)){0,2}"

#: By the kind that ``domain/injections.py`` names.
_SPELLED: Final[Mapping[str, tuple[str, ...]]] = {
    "override": (
        rf"(?:ignore|disregard|forget|override|bypass|discard){_GAP} {_BEFORE}{_GAP} {_TOLD}",
        r"(?:ignore|disregard|forget) (?:everything|all|anything)(?: \w++){0,3}? (?:above|told|said|before)",
        rf"(?:do not|don t|stop) follow(?:ing)?{_GAP} (?:previous|prior|above|system|your) {_TOLD}",
        rf"(?:про)?игнорируй(?:те)?{_GAP} (?:{_EARLIER}|{_OWN}){_GAP} {_WHAT}",
        rf"(?:забудь|отмени|отбрось|пренебреги|не следуй|не выполняй)(?:те)?{_GAP} {_EARLIER}{_GAP} {_WHAT}",
        rf"(?:забудь|отбрось|не следуй){_GAP} {_OWN}{_GAP} {_WHAT}",
        rf"не обращай(?:те)? внимания на{_GAP} {_EARLIER} {_WHAT}",
        rf"(?:забудь|игнорируй)(?:те)? все{_GAP} (?:выше|сказан\w*|говорили|вышесказанн\w*)",
    ),
    "leak": (
        rf"{_TELL}{_GAP} {_KEPT} (?:system )?(?:prompts?|instructions?)",
        r"what (?:is|are|was|were) your (?:system |initial |original )?(?:prompts?|instructions?)",
        rf"{_SAY}{_GAP} (?:системн|скрыт|исходн|начальн|секретн|сво|тво)\w* (?:системн\w+ )?(?:промпт|инструкци)\w*",
    ),
    "role": (
        r"you are now (?:a|an|the|in|my|no longer|not|free|dan|root|admin|jailbroken|unrestricted)",
        r"you are (?:root|admin|dan) now",
        rf"from now on you{_GAP} (?:act|behave|answer|respond|{_SOMEBODY})",
        rf"(?:act|behave) as{_GAP} {_SOMEBODY}",
        rf"pretend(?: that)?(?: you are| to be){_GAP} {_SOMEBODY}",
        r"(?:dan|developer|god|jailbreak|sudo) mode (?:enabled|activated|on)|do anything now",
        rf"(?:ты теперь|теперь ты|отныне ты|ты отныне|ты больше не|с этого момента ты){_GAP} {_ROLE}",
        rf"(?:вы теперь|теперь вы|представь(?:те)? что (?:ты|вы)|притворись|притворитесь){_SUCH} {_ROLE}",
        rf"(?:веди себя|действуй|отвечай) как{_GAP} {_ROLE}",
    ),
    "call": (
        r"(?:call|invoke|execute|trigger)(?: \w++){0,2}? (?:functions?|tools?)",
        r"execute (?:the |this |following ){1,2}(?:commands?|code|script|query)",
        r"(?:вызови|вызовите)(?: \w++){0,2}? (?:функци\w*|инструмент\w*|метод|api)",
        r"(?:выполни|запусти)(?: \w++){0,2}? (?:функци\w*|инструмент\w*|команд\w*|код|скрипт\w*)",
    ),
    "answer": (
        r"(?:tag|label|classify|mark) (?:this|the|it)(?: \w++){0,2}? (?:as|with)",
        r"tag (?:this|the) (?:post|text|message|article|picture|image|page)",
        r"(?:answer|reply|respond)(?: only| just| exactly){0,2} with (?:only|just|exactly|nothing|the words?)",
        r"(?:answer|reply|respond) (?:only|just) with",
        r"(?:your|the) only tag",
        r"единственн\w+ т[еэ]г\w*",
        r"пометь(?:те)?(?: \w++){0,2}? (?:пост|запись|сообщение|текст|новость|картинку) (?:как|т[еэ]г\w*)",
        r"(?:поставь|присвой|добавь|назначь|выведи|верни)(?: \w++){0,2}? (?:т[еэ]ги?|т[еэ]гов|метк[иу])",
        r"(?:ответь|отвечай|верни|выведи) (?:только|лишь|ровно|строго)",
    ),
}

PHRASES: Final = {
    kind: tuple(re.compile(rf"\b(?:{phrase})\b") for phrase in phrases) for kind, phrases in _SPELLED.items()
}
