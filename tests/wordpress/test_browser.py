"""What people see in a real browser: the plugin's page, and the place in a post to which a citation leads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from askpress.answer import addresses
from askpress.wordpress import signature
from tests.wordpress.browser import chromium as chromium
from tests.wordpress.browser import complaints
from tests.wordpress.plugin import SETTINGS, Plugin
from tests.wordpress.receiver import Receiver
from tests.wordpress.site import WordPress

pytestmark = pytest.mark.wordpress

FILLER = "<!-- wp:paragraph --><p>Nothing that anybody asks for stands here.</p><!-- /wp:paragraph -->" * 60
POST = f"""{FILLER}
<p>Our prices hold for the whole season, from March to the end of October.</p>
<table><tr><th>Service</th><th>Price</th></tr>
<tr><td>Basic service with a wash</td><td>65 euros</td></tr><tr><td>Full service with new cables</td>
<td>129 euros, parts not included</td></tr></table>
<ul><li>Punctures while you wait, tyre included</li><li>Wheels are trued by tomorrow at noon</li></ul>
{FILLER}"""
# As the cleaned text has them, and what of them must be in sight.
QUOTES = {
    "Our prices hold for the whole season, from March to the end of October.": "Our prices hold",
    "| Service | Price |\n| --- | --- |\n| Basic service with a wash | 65 euros |\n"
    "| Full service with new cables | 129 euros, parts not included |": "Basic service with a wash",
    "- Punctures while you wait, tyre included\n- Wheels are trued by tomorrow at noon": "Punctures while you wait",
}
IN_SIGHT = """
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
    if (!walker.currentNode.data.includes(arguments[0])) continue;
    const place = walker.currentNode.parentElement.getBoundingClientRect();
    if (place.bottom > 0 && place.top < window.innerHeight) return true;
}
return false;
"""


@pytest.fixture
def desk(chromium: webdriver.Chrome, fresh_plugin: Plugin) -> Iterator[webdriver.Chrome]:
    """The administrator's browser, logged in and on the plugin's page by way of the menu."""
    chromium.get(f"{fresh_plugin.wordpress.url}/wp-login.php")
    log_in(chromium, "admin", "password")
    chromium.get(f"{fresh_plugin.wordpress.url}/wp-admin/options-general.php")
    chromium.find_element(By.LINK_TEXT, "Settings").click()
    chromium.find_element(By.LINK_TEXT, "askpress").click()
    complaints(chromium, fresh_plugin.wordpress.url)
    yield chromium
    chromium.delete_all_cookies()


def log_in(browser: webdriver.Chrome, name: str, password: str) -> None:
    """Fill in WordPress's form, whose own script puts the caret into its first field a fifth of a second late.

    Whoever types the password before that types it into the name.
    """
    named = field(browser, "Username or Email Address")
    WebDriverWait(browser, 10).until(lambda b: b.switch_to.active_element == named)
    named.send_keys(name)
    field(browser, "Password").send_keys(password)
    press(browser, "Log In")
    assert "/wp-admin/" in browser.current_url, browser.find_element(By.TAG_NAME, "body").text


def field(browser: webdriver.Chrome, label: str) -> WebElement:
    """Return the field of that label: a field without one cannot be filled in by everybody."""
    name = browser.find_element(By.XPATH, f"//label[normalize-space()='{label}']").get_attribute("for")
    return browser.find_element(By.ID, str(name))


def press(browser: webdriver.Chrome, button: str) -> None:
    """Press the button and wait for the page that follows."""
    before = browser.find_element(By.TAG_NAME, "html")
    browser.find_element(
        By.XPATH, f"//input[@type='submit' and @value='{button}'] | //button[normalize-space()='{button}']"
    ).click()
    WebDriverWait(browser, 30).until(lambda b: b.find_element(By.TAG_NAME, "html") != before)


def shown(browser: webdriver.Chrome) -> str:
    return browser.find_element(By.ID, "wpbody-content").text


def test_an_administrator_connects_the_plugin(desk: webdriver.Chrome, fresh_plugin: Plugin, receiver: Receiver) -> None:
    secret = signature.new_secret()
    field(desk, "Address of the service").clear()
    field(desk, "Address of the service").send_keys(receiver.url)
    field(desk, "Secret").send_keys(secret)
    press(desk, "Save Changes")

    assert "Settings saved." in shown(desk)
    assert fresh_plugin.call("get_option", SETTINGS)["secret"] == secret
    assert secret not in desk.page_source
    assert complaints(desk, fresh_plugin.wordpress.url) == []


def test_the_connection_is_tested_by_a_button(desk: webdriver.Chrome, fresh_plugin: Plugin) -> None:
    fresh_plugin.create(status="publish")

    press(desk, "Test the connection")

    assert "The connection works" in shown(desk)
    assert complaints(desk, fresh_plugin.wordpress.url) == []


@pytest.mark.parametrize("quote", QUOTES)
def test_a_citation_opens_the_post_at_its_quote(chromium: webdriver.Chrome, wordpress: WordPress, quote: str) -> None:
    post = wordpress.insert("Prices", POST)
    page = f"{wordpress.url}/?p={post}"
    chromium.get(page)
    assert not chromium.execute_script(IN_SIGHT, QUOTES[quote])

    chromium.get("about:blank")
    chromium.get(addresses.of_quote(page, "", quote, 0, len(quote)))

    WebDriverWait(chromium, 10).until(lambda browser: browser.execute_script(IN_SIGHT, QUOTES[quote]))
