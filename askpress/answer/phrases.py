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
# ISO 639-1 -> what is said while answers are not paid for: the pages themselves are named beside it.
_SEARCH_ONLY = {
    "en": "No answer can be written just now. These pages fit your question best.",
    "de": "Im Moment kann keine Antwort geschrieben werden. Diese Seiten passen am besten zu deiner Frage.",
    "fr": "Aucune réponse ne peut être rédigée pour le moment. Voici les pages les plus proches de votre question.",
    "es": "En este momento no se puede redactar una respuesta. Estas páginas son las más cercanas a su pregunta.",
    "it": "Al momento non è possibile scrivere una risposta. Queste pagine sono le più vicine alla domanda.",
    "nl": "Er kan nu geen antwoord worden geschreven. Deze pagina’s passen het best bij de vraag.",
    "pt": "De momento não é possível redigir uma resposta. Estas páginas são as mais próximas da pergunta.",
    "pl": "W tej chwili nie można napisać odpowiedzi. Te strony najlepiej pasują do pytania.",
    "sv": "Just nu kan inget svar skrivas. De här sidorna passar frågan bäst.",
    "da": "Lige nu kan der ikke skrives et svar. Disse sider passer bedst til spørgsmålet.",
    "cs": "Právě teď nelze napsat odpověď. Tyto stránky otázce odpovídají nejlépe.",
    "tr": "Şu anda yanıt yazılamıyor. Soruya en uygun sayfalar bunlar.",
    "ru": "Сейчас ответ написать нельзя. Эти страницы лучше всего подходят к вопросу.",
    "uk": "Зараз відповідь написати не можна. Ці сторінки найкраще відповідають запитанню.",
    "ja": "ただいま回答を作成できません。ご質問に最も近いページはこちらです。",
    "zh": "目前无法撰写答案。以下页面与问题最为接近。",
    "ko": "지금은 답변을 작성할 수 없습니다. 질문에 가장 가까운 페이지입니다.",
    "ar": "لا يمكن كتابة إجابة الآن. هذه الصفحات هي الأقرب إلى السؤال.",
}
LANGUAGES = frozenset(_PHRASES)


def spoken(language: str, *, site_language: str) -> str:
    """Return the language the service's own sentences are said in: the question's, else the site's, else English."""
    return next((code for code in (language, site_language[:2].lower()) if code in _PHRASES), _FALLBACK)


def not_found(language: str) -> str:
    return _PHRASES[language][0]


def quoted(language: str) -> str:
    return _PHRASES[language][1]


def search_only(language: str) -> str:
    return _SEARCH_ONLY[language]
