<?php
/**
 * Which changes of posts the service is told of: exactly one event for each that an anonymous reader would notice.
 *
 * @package Askpress
 */

namespace Askpress;

defined( 'ABSPATH' ) || exit;

// Many posts can change their terms in one request; beyond this the service's own comparison finds them.
const MOST_MARKED = 500;

/**
 * Listens to what happens to posts.
 *
 * Not to save_post, which fires before the terms and meta of the block editor are there, and once more for each
 * revision; nor to rest_after_insert_*, which quick edit, cron and imports never fire.
 */
function watch_posts(): void {
	add_action( 'wp_after_insert_post', __NAMESPACE__ . '\\on_save', 99, 4 );
	add_action( 'deleted_post', __NAMESPACE__ . '\\on_delete', 99, 2 );
	foreach ( array( 'added_post_meta', 'updated_post_meta', 'deleted_post_meta' ) as $hook ) {
		add_action( $hook, __NAMESPACE__ . '\\on_meta', 99, 3 );
	}
}

/**
 * Tells whether anybody may read the post, and its type is one that the service is told of.
 *
 * Revisions and autosaves are none: their type is not.
 *
 * @param mixed $post A post, or what a hook has in its place.
 * @return bool
 */
function is_watched( $post ): bool {
	return $post instanceof \WP_Post
		&& 'publish' === $post->post_status
		&& '' === $post->post_password
		&& in_array( $post->post_type, watched_types(), true );
}

/**
 * A post was saved, its terms and meta too: it is to be read anew, or is no longer to be seen.
 *
 * @param int           $post_id The post.
 * @param \WP_Post      $post    As it is now.
 * @param bool          $update  Whether it was there before.
 * @param \WP_Post|null $before  As it was.
 */
function on_save( $post_id, $post = null, $update = false, $before = null ): void {
	if ( is_watched( $post ) ) {
		tell( $post, 'upsert' );
	} elseif ( is_watched( $before ) ) {
		tell( $post instanceof \WP_Post ? $post : $before, 'delete' );
	}
}

/**
 * A post was deleted for good; one that was in the trash the service has already forgotten.
 *
 * @param int           $post_id The post.
 * @param \WP_Post|null $post    As it was.
 */
function on_delete( $post_id, $post = null ): void {
	if ( is_watched( $post ) ) {
		tell( $post, 'delete' );
	}
}

/**
 * A meta value changed: it matters when it says whether search engines may list the post.
 *
 * @param mixed  $meta_id Its row, or rows.
 * @param int    $post_id The post.
 * @param string $key     The name of the value.
 */
function on_meta( $meta_id, $post_id, $key = '' ): void {
	if ( in_array( $key, NOINDEX_KEYS, true ) ) {
		mark( (int) $post_id );
	}
}

/**
 * Has a post read anew whose own row did not change.
 *
 * @param int $post_id The post.
 */
function mark( int $post_id ): void {
	static $marked = array();
	$post          = get_post( $post_id );
	if ( ! is_watched( $post ) ) {
		return;
	}
	$marked[ $post_id ] = true;
	if ( count( $marked ) <= MOST_MARKED ) {
		tell( $post, 'upsert' );
	}
}

/**
 * Puts one event into the queue.
 *
 * @param \WP_Post $post  The post.
 * @param string   $event Either "upsert" or "delete".
 */
function tell( \WP_Post $post, string $event ): void {
	enqueue( $post->ID, $post->post_type, $event, $post->post_modified_gmt );
}
