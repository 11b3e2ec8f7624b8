<?php
/**
 * Plugin Name:       askpress
 * Description:       Tells your askpress service within seconds which posts changed, so that search and answers are never out of date.
 * Version:           0.1.0
 * Requires at least: 6.1
 * Requires PHP:      7.4
 * License:           MIT
 * License URI:       https://opensource.org/license/mit
 * Text Domain:       askpress
 *
 * @package Askpress
 */

namespace Askpress;

defined( 'ABSPATH' ) || exit;

const VERSION = '0.1.0';

require_once __DIR__ . '/includes/settings.php';
require_once __DIR__ . '/includes/queue.php';
require_once __DIR__ . '/includes/events.php';
require_once __DIR__ . '/includes/term-events.php';
require_once __DIR__ . '/includes/reply.php';
require_once __DIR__ . '/includes/delivery.php';
require_once __DIR__ . '/includes/noindex.php';
require_once __DIR__ . '/includes/languages.php';
require_once __DIR__ . '/includes/rest-field.php';

watch_posts();
watch_terms();
add_action( DELIVERY_HOOK, __NAMESPACE__ . '\\deliver_on_schedule' );
add_action( 'rest_api_init', __NAMESPACE__ . '\\register_field' );

if ( is_admin() ) {
	require_once __DIR__ . '/includes/settings-input.php';
	require_once __DIR__ . '/includes/settings-page.php';
	require_once __DIR__ . '/includes/connection-test.php';
	add_settings_hooks( plugin_basename( __FILE__ ) );
}

register_activation_hook( __FILE__, __NAMESPACE__ . '\\on_activation' );
register_deactivation_hook( __FILE__, __NAMESPACE__ . '\\on_deactivation' );

/**
 * Makes the row of the settings, which is not to be read with every page, and takes up what waits.
 */
function on_activation(): void {
	add_option( SETTINGS, default_settings(), '', 'no' );
	keep_trying();
}

/**
 * Ends the deliveries; what waits is delivered when the plugin is active again.
 */
function on_deactivation(): void {
	wp_clear_scheduled_hook( DELIVERY_HOOK );
}
