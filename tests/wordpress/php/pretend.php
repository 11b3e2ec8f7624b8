<?php
// Makes the site look as if SEO and language plugins were active: as much of each as ours asks for.
foreach ((array) get_option('pretend_constants') as $constant) {
    define($constant, '1.0');
}
$languages = (array) get_option('pretend_languages');
if (get_option('pretend_plugin') === 'Polylang') {
    function pll_get_post_language($id) {
        return array_search($id, (array) get_option('pretend_languages'), true);
    }
    function pll_get_post_translations($id) {
        return (array) get_option('pretend_languages');
    }
}
if (get_option('pretend_plugin') === 'WPML') {
    add_filter('wpml_post_language_details', fn($none, $id) => ['language_code' => array_search($id, $languages, true)], 10, 2);
    add_filter('wpml_element_trid', fn($none, $id, $type) => $type === 'post_post' ? 12 : null, 10, 3);
    add_filter('wpml_get_element_translations', fn() => array_map(
        fn($code, $id) => (object) ['language_code' => $code, 'element_id' => (string) $id], array_keys($languages), $languages));
}
