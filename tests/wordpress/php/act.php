<?php
// Changes the site from within: reads a JSON list of [action, arguments] and prints the list of their results.
require getenv('TEST_SITE') . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';
wp_set_current_user(1); // otherwise posts are filtered as a stranger's are

function askpress_checked($result) {
    if (is_wp_error($result)) {
        fwrite(STDERR, $result->get_error_message());
        exit(1);
    }
    return $result;
}

$actions = [
    'insert' => fn($post) => askpress_checked(wp_insert_post(wp_slash($post), true)),
    'update' => fn($post) => askpress_checked(wp_update_post(wp_slash($post), true)),
    'trash' => fn($id) => (bool) wp_trash_post($id),
    'untrash' => fn($id) => (bool) wp_untrash_post($id),
    'delete' => fn($id) => (bool) wp_delete_post($id, true),
    'publish_scheduled' => fn($id) => wp_publish_post($id),
    'term' => fn($taxonomy, $name) => askpress_checked(wp_insert_term($name, $taxonomy))['term_id'],
    'set_terms' => fn($id, $taxonomy, $terms) => askpress_checked(wp_set_post_terms($id, $terms, $taxonomy)),
    'call' => fn($function, ...$arguments) => askpress_checked($function(...$arguments)),
    'options' => fn($prefix) => $wpdb->get_col($wpdb->prepare(
        "SELECT option_name FROM $wpdb->options WHERE option_name LIKE %s", $wpdb->esc_like($prefix) . '%')),
    'forget' => fn($prefix) => array_map('delete_option', $wpdb->get_col($wpdb->prepare(
        "SELECT option_name FROM $wpdb->options WHERE option_name LIKE %s", $wpdb->esc_like($prefix) . '%'))),
    // In a table of another plugin, made with the first row.
    'row' => function ($table, $row) use ($wpdb) {
        $columns = implode(' INT, ', array_keys($row)) . ' INT';
        $wpdb->query("CREATE TABLE IF NOT EXISTS $wpdb->prefix$table ($columns)");
        return $wpdb->insert($wpdb->prefix . $table, $row);
    },
    // As if its time had come: the dates go back without WordPress noticing, and so does the event.
    'due' => function ($id) use ($wpdb) {
        $dates = ['post_date' => wp_date('Y-m-d H:i:s', time() - 5), 'post_date_gmt' => gmdate('Y-m-d H:i:s', time() - 5)];
        $wpdb->update($wpdb->posts, $dates, ['ID' => $id]);
        wp_clear_scheduled_hook('publish_future_post', [$id]);
        wp_schedule_single_event(time() - 1, 'publish_future_post', [$id]);
    },
    // As if nobody had touched it since long ago.
    'age' => fn($id) => $wpdb->update($wpdb->posts,
        ['post_modified' => '2026-01-02 03:04:05', 'post_modified_gmt' => '2026-01-02 02:04:05'], ['ID' => $id]),
    'option' => fn($name, $value) => update_option($name, $value),
    'permalinks' => function ($structure) {
        global $wp_rewrite;
        $wp_rewrite->set_permalink_structure($structure);
        flush_rewrite_rules();
    },
    'empty' => function () {
        $every = ['post_type' => 'any', 'post_status' => array_keys(get_post_stati()), 'numberposts' => -1, 'fields' => 'ids'];
        foreach (get_posts($every) as $id) {
            wp_delete_post($id, true);
        }
        foreach (get_terms(['taxonomy' => ['category', 'post_tag'], 'hide_empty' => false]) as $term) {
            wp_delete_term($term->term_id, $term->taxonomy); // refuses the default category, which stays
        }
    },
];
$results = [];
foreach (json_decode(stream_get_contents(STDIN), true) as [$name, $arguments]) {
    $results[] = $actions[$name](...$arguments);
}
echo json_encode($results);
