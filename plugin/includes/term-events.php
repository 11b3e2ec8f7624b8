<?php
/**
 * Which changes of terms the service is told of, as events of the posts that have them.
 *
 * @package Askpress
 */

namespace Askpress;

defined( 'ABSPATH' ) || exit;

/**
 * Listens to what happens to terms.
 *
 * A deleted term needs no hook of its own: WordPress takes it from each of its posts first.
 */
function watch_terms(): void {
	add_action( 'set_object_terms', __NAMESPACE__ . '\\on_terms_set', 99, 6 );
	add_action( 'deleted_term_relationships', __NAMESPACE__ . '\\on_terms_removed', 99, 3 );
	add_action( 'edit_terms', __NAMESPACE__ . '\\before_term_edit', 99, 2 );
	add_action( 'edited_term', __NAMESPACE__ . '\\on_term_edit', 99, 3 );
}

/**
 * The terms of a post were set, perhaps to the ones it had.
 *
 * @param int    $post_id  The post; for taxonomies of other things, one of those.
 * @param array  $terms    What was given.
 * @param array  $now      The ids that were set.
 * @param string $taxonomy The taxonomy.
 * @param bool   $append   Whether they were added to the ones before.
 * @param array  $before   The ids before.
 */
function on_terms_set( $post_id, $terms, $now, $taxonomy = '', $append = false, $before = array() ): void {
	$now    = array_map( 'intval', (array) $now );
	$before = array_map( 'intval', (array) $before );
	$added  = array_diff( $now, $before );
	$lost   = $append ? array() : array_diff( $before, $now );
	if ( $added || $lost ) {
		mark_if_in( (int) $post_id, (string) $taxonomy );
	}
}

/**
 * Terms were taken from a post.
 *
 * @param int    $post_id  The post; for taxonomies of other things, one of those.
 * @param array  $removed  The ids.
 * @param string $taxonomy The taxonomy.
 */
function on_terms_removed( $post_id, $removed, $taxonomy = '' ): void {
	mark_if_in( (int) $post_id, (string) $taxonomy );
}

/**
 * Marks the post, if its type has the taxonomy: links and users have ids, too.
 *
 * @param int    $post_id  The post, or something else.
 * @param string $taxonomy The taxonomy.
 */
function mark_if_in( int $post_id, string $taxonomy ): void {
	$type = get_post_type( $post_id );
	if ( $type && is_object_in_taxonomy( $type, $taxonomy ) ) {
		mark( $post_id );
	}
}

/**
 * A term is about to be edited.
 *
 * @param int    $term_id  The term.
 * @param string $taxonomy The taxonomy.
 */
function before_term_edit( $term_id, $taxonomy = '' ): void {
	label_before( (int) $term_id, label_of( (int) $term_id, (string) $taxonomy ) );
}

/**
 * A term was edited: its posts are marked if it has another name or slug.
 *
 * @param int    $term_id  The term.
 * @param int    $tt_id    Its id within the taxonomy.
 * @param string $taxonomy The taxonomy.
 */
function on_term_edit( $term_id, $tt_id, $taxonomy = '' ): void {
	if ( label_before( (int) $term_id ) === label_of( (int) $term_id, (string) $taxonomy ) ) {
		return;
	}
	foreach ( newest_posts_of( (int) $tt_id ) as $post_id ) {
		mark( $post_id );
	}
}

/**
 * Returns what readers see of a term.
 *
 * @param int    $term_id  The term.
 * @param string $taxonomy The taxonomy.
 * @return string
 */
function label_of( int $term_id, string $taxonomy ): string {
	$term = get_term( $term_id, $taxonomy );
	return $term instanceof \WP_Term ? $term->slug . ' ' . $term->name : '';
}

/**
 * Keeps the label that a term had, or returns it.
 *
 * @param int         $term_id The term.
 * @param string|null $label   To be kept.
 * @return string|null
 */
function label_before( int $term_id, ?string $label = null ): ?string {
	static $labels = array();
	if ( null !== $label ) {
		$labels[ $term_id ] = $label;
	}
	return $labels[ $term_id ] ?? null;
}

/**
 * Returns the newest posts of a term, no more than are marked.
 *
 * Not through WP_Query: language plugins let it find the posts of one language only.
 *
 * @param int $tt_id The term's id within the taxonomy.
 * @return int[]
 */
function newest_posts_of( int $tt_id ): array {
	global $wpdb;
	// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- Asked once for an edit of a term.
	$found = $wpdb->get_col(
		$wpdb->prepare(
			"SELECT ID FROM {$wpdb->posts} JOIN {$wpdb->term_relationships} ON object_id = ID
			WHERE term_taxonomy_id = %d AND post_status = 'publish' ORDER BY ID DESC LIMIT %d",
			$tt_id,
			MOST_MARKED
		)
	);
	_prime_post_caches( $found, false, false );
	return array_map( 'intval', $found );
}
