<?php
/**
 * Leaves nothing behind: neither options nor a scheduled event, on no site of the network.
 *
 * @package Askpress
 */

namespace Askpress;

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

/**
 * Removes all of the plugin's options from the current site.
 */
function forget_site(): void {
	global $wpdb;
	// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- Only the rows themselves tell how many wait.
	$names = $wpdb->get_col(
		$wpdb->prepare( "SELECT option_name FROM {$wpdb->options} WHERE option_name LIKE %s", $wpdb->esc_like( 'askpress_' ) . '%' )
	);
	array_map( 'delete_option', $names );
	wp_clear_scheduled_hook( 'askpress_deliver' );
}

if ( ! is_multisite() ) {
	forget_site();
	return;
}

$askpress_sites = get_sites(
	array(
		'fields' => 'ids',
		'number' => 0,
	)
);
foreach ( $askpress_sites as $askpress_site ) {
	switch_to_blog( $askpress_site );
	forget_site();
	restore_current_blog();
}
