<?php
/**
 * The language of a post and its translations, as Polylang and WPML keep them.
 *
 * @package Askpress
 */

namespace Askpress;

defined( 'ABSPATH' ) || exit;

/**
 * Returns the language, or null when nobody here knows.
 *
 * @param \WP_Post $post The post.
 * @return string|null
 */
function language_of( \WP_Post $post ): ?string {
	if ( function_exists( 'pll_get_post_language' ) ) {
		return named( pll_get_post_language( $post->ID ) );
	}
	// phpcs:ignore WordPress.NamingConventions.PrefixAllGlobals -- WPML's own filter.
	$details = apply_filters( 'wpml_post_language_details', null, $post->ID );
	return is_array( $details ) ? named( $details['language_code'] ?? null ) : null;
}

/**
 * Returns the translations that anybody may read, the post itself among them; null when nobody here knows.
 *
 * @param \WP_Post $post The post.
 * @return array<string, int>|null Ids by language.
 */
function translations_of( \WP_Post $post ): ?array {
	$known = function_exists( 'pll_get_post_translations' )
		? pll_get_post_translations( $post->ID )
		: wpml_translations( $post );
	if ( ! is_array( $known ) ) {
		return null;
	}
	$ids = array_map( 'intval', $known );
	return array_filter( $ids, __NAMESPACE__ . '\\is_public' );
}

/**
 * Returns the translations as WPML keeps them, or null without it.
 *
 * @param \WP_Post $post The post.
 * @return array<string, int>|null
 */
function wpml_translations( \WP_Post $post ): ?array {
	$type = 'post_' . $post->post_type;
	// phpcs:disable WordPress.NamingConventions.PrefixAllGlobals -- WPML's own filters.
	$group = apply_filters( 'wpml_element_trid', null, $post->ID, $type );
	$found = $group ? apply_filters( 'wpml_get_element_translations', null, $group, $type ) : null;
	// phpcs:enable
	return is_array( $found ) ? wp_list_pluck( $found, 'element_id', 'language_code' ) : null;
}

/**
 * Tells whether anybody may read the post.
 *
 * @param int $post_id The post.
 * @return bool
 */
function is_public( int $post_id ): bool {
	$post = $post_id ? get_post( $post_id ) : null;
	return $post && 'publish' === $post->post_status && '' === $post->post_password;
}

/**
 * Returns a name, or null in place of an empty one.
 *
 * @param mixed $value What a plugin said.
 * @return string|null
 */
function named( $value ): ?string {
	return is_string( $value ) && '' !== $value ? $value : null;
}
