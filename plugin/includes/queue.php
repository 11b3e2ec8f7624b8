<?php
/**
 * What waits to be delivered: one row of the options for each post, a newer event in place of the older.
 *
 * The rows are read and written past the option functions: those would lose an event that is written while an
 * older one of the same post is being delivered, and the rows belong in no cache.
 *
 * @package Askpress
 */

namespace Askpress;

defined( 'ABSPATH' ) || exit;

const ROW_PREFIX = 'askpress_event_';

// More than one run delivers; the next one takes the rest.
const ROWS_AT_ONCE = 500;

/**
 * Notes that the service is to look at a post.
 *
 * @param int    $post_id      The post.
 * @param string $type         Its type.
 * @param string $event        Either "upsert" or "delete".
 * @param string $modified_gmt As the posts table has it.
 */
function enqueue( int $post_id, string $type, string $event, string $modified_gmt ): void {
	if ( ! is_connected() ) {
		return;
	}
	global $wpdb;
	// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- See the head of this file.
	$wpdb->replace(
		$wpdb->options,
		array(
			'option_name'  => ROW_PREFIX . $post_id,
			'option_value' => new_message_id() . ' ' . event_body( $post_id, $type, $event, $modified_gmt ),
			'autoload'     => 'no',
		)
	);
	deliver_on_shutdown();
}

/**
 * Returns a name that no other message has: it stays the same however often one is tried.
 *
 * @return string
 */
function new_message_id(): string {
	return 'msg_' . bin2hex( random_bytes( 12 ) );
}

/**
 * Returns what the service is told.
 *
 * @param int    $post_id      The post.
 * @param string $type         Its type.
 * @param string $event        Either "upsert" or "delete".
 * @param string $modified_gmt As the posts table has it.
 * @return string JSON.
 */
function event_body( int $post_id, string $type, string $event, string $modified_gmt ): string {
	$dated = preg_match( '/^[1-9]\d{3}-\d\d-\d\d \d\d:\d\d:\d\d$/', $modified_gmt );
	return (string) wp_json_encode(
		array(
			'post_id'      => $post_id,
			'type'         => $type,
			'event'        => $event,
			'modified_gmt' => $dated ? str_replace( ' ', 'T', $modified_gmt ) . 'Z' : null,
		)
	);
}

/**
 * Returns the waiting rows, newest first: a live edit does not wait behind what an outage left.
 *
 * @return object[] With name, value, message_id and body.
 */
function waiting_rows(): array {
	global $wpdb;
	// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- See the head of this file.
	$rows = (array) $wpdb->get_results(
		$wpdb->prepare(
			"SELECT option_name AS name, option_value AS value FROM {$wpdb->options}
			WHERE option_name LIKE %s ORDER BY option_id DESC LIMIT %d",
			$wpdb->esc_like( ROW_PREFIX ) . '%',
			ROWS_AT_ONCE
		)
	);
	foreach ( $rows as $row ) {
		list( $row->message_id, $row->body ) = array_pad( explode( ' ', $row->value, 2 ), 2, '' );
	}
	return $rows;
}

/**
 * Returns how many posts wait.
 *
 * @return int
 */
function waiting_count(): int {
	global $wpdb;
	// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- See the head of this file.
	return (int) $wpdb->get_var(
		$wpdb->prepare(
			"SELECT COUNT(*) FROM {$wpdb->options} WHERE option_name LIKE %s",
			$wpdb->esc_like( ROW_PREFIX ) . '%'
		)
	);
}

/**
 * Removes a row, unless a newer event took its place while it was being sent.
 *
 * @param object $row One of waiting_rows().
 */
function remove_row( object $row ): void {
	global $wpdb;
	// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- See the head of this file.
	$wpdb->delete(
		$wpdb->options,
		array(
			'option_name'  => $row->name,
			'option_value' => $row->value,
		)
	);
}
