"""The few sentences the service says itself, in the languages it has them in. Pure."""

from __future__ import annotations

_FALLBACK = "en"

# ISO 639-1 -> (nothing found, introduction of quotes).
_PHRASES = {
    "en": ("I could not find an answer to that in this site's content.", "From this site:"),
    "de": ("Dazu habe ich in den Inhalten dieser Website keine Antwort gefunden.", "Von dieser Website:"),
    "fr": (
        "Je n’ai pas trouvé de réponse à cette question dans le contenu de ce site.",
        "Extrait de ce site :",
    ),
    "es": ("No he encontrado una respuesta a eso en el contenido de este sitio.", "De este sitio:"),
    "it": ("Non ho trovato una risposta nei contenuti di questo sito.", "Da questo sito:"),
    "nl": ("Daarop heb ik in de inhoud van deze site geen antwoord gevonden.", "Van deze site:"),
    "pt": ("Não encontrei uma resposta para isso no conteúdo deste site.", "Deste site:"),
    "pl": ("Nie znalazłem odpowiedzi na to pytanie w treści tej witryny.", "Z tej witryny:"),
    "sv": ("Jag hittade inget svar på det i webbplatsens innehåll.", "Från webbplatsen:"),
    "da": ("Det fandt jeg ikke noget svar på i webstedets indhold.", "Fra webstedet:"),
    "cs": ("V obsahu tohoto webu jsem na to nenašel odpověď.", "Z tohoto webu:"),
    "tr": ("Bu sitenin içeriğinde buna bir yanıt bulamadım.", "Bu siteden:"),
    "ru": ("В материалах этого сайта я не нашёл ответа на этот вопрос.", "С этого сайта:"),
    "uk": ("У матеріалах цього сайту я не знайшов відповіді на це запитання.", "З цього сайту:"),
    "ja": ("このサイトの内容から、その答えは見つかりませんでした。", "このサイトより："),
    "zh": ("在本网站的内容中没有找到答案。", "来自本网站："),
    "ko": ("이 사이트의 내용에서 답을 찾지 못했습니다.", "이 사이트에서:"),
    "ar": ("لم أجد إجابة عن ذلك في محتوى هذا الموقع.", "من هذا الموقع:"),
}
LANGUAGES = frozenset(_PHRASES)


def spoken(language: str, *, site_language: str) -> str:
    """Return the language the service's own sentences are said in: the question's, else the site's, else English."""
    return next((code for code in (language, site_language[:2].lower()) if code in _PHRASES), _FALLBACK)


def not_found(language: str) -> str:
    return _PHRASES[language][0]


def quoted(language: str) -> str:
    return _PHRASES[language][1]
