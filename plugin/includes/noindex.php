<?php
/**
 * Whether search engines are asked to leave a post out, as the SEO plugins keep it.
 *
 * A plugin that is not active is not asked: what it left behind has no effect on the page either.
 *
 * @package Askpress
 */

namespace Askpress;

defined( 'ABSPATH' ) || exit;

const YOAST_KEY     = '_yoast_wpseo_meta-robots-noindex';
const RANK_MATH_KEY = 'rank_math_robots';
const SEOPRESS_KEY  = '_seopress_robots_index';
const FRAMEWORK_KEY = '_genesis_noindex';

const NOINDEX_KEYS = array( YOAST_KEY, RANK_MATH_KEY, SEOPRESS_KEY, FRAMEWORK_KEY );

// A constant that the plugin defines while it is active, and who reads what it keeps.
const NOINDEX_SOURCES = array(
	'WPSEO_VERSION'             => 'yoast_noindex',
	'RANK_MATH_VERSION'         => 'rank_math_noindex',
	'SEOPRESS_VERSION'          => 'seopress_noindex',
	'THE_SEO_FRAMEWORK_VERSION' => 'framework_noindex',
	'AIOSEO_VERSION'            => 'all_in_one_noindex',
);

/**
 * Returns whether the post is marked "noindex"; null when nobody here knows.
 *
 * @param \WP_Post $post The post.
 * @return bool|null
 */
function noindex( \WP_Post $post ): ?bool {
	$answer = null;
	foreach ( NOINDEX_SOURCES as $constant => $reader ) {
		$said = defined( $constant ) ? call_user_func( __NAMESPACE__ . '\\' . $reader, $post ) : null;
		if ( true === $said ) {
			return true;
		}
		$answer = $said ?? $answer;
	}
	return $answer;
}

/**
 * Yoast SEO: "1" is noindex, "2" is index, else the type decides.
 *
 * @param \WP_Post $post The post.
 * @return bool
 */
function yoast_noindex( \WP_Post $post ): bool {
	$own = get_post_meta( $post->ID, YOAST_KEY, true );
	if ( '1' === $own || '2' === $own ) {
		return '1' === $own;
	}
	return ! empty( ( (array) get_option( 'wpseo_titles' ) )[ 'noindex-' . $post->post_type ] );
}

/**
 * Rank Math: a list of words for the post, else for its type, else for the site.
 *
 * @param \WP_Post $post The post.
 * @return bool
 */
function rank_math_noindex( \WP_Post $post ): bool {
	$robots = get_post_meta( $post->ID, RANK_MATH_KEY, true );
	if ( ! $robots ) {
		$options = (array) get_option( 'rank-math-options-titles' );
		$custom  = 'on' === ( $options[ "pt_{$post->post_type}_custom_robots" ] ?? 'off' );
		$robots  = $options[ $custom ? "pt_{$post->post_type}_robots" : 'robots_global' ] ?? array();
	}
	return in_array( 'noindex', (array) $robots, true );
}

/**
 * SEOPress: "yes" is noindex, else the type decides.
 *
 * @param \WP_Post $post The post.
 * @return bool
 */
function seopress_noindex( \WP_Post $post ): bool {
	$types = ( (array) get_option( 'seopress_titles_option_name' ) )['seopress_titles_single_titles'] ?? array();
	return 'yes' === get_post_meta( $post->ID, SEOPRESS_KEY, true ) || ! empty( $types[ $post->post_type ]['noindex'] );
}

/**
 * The SEO Framework: 1 is noindex, -1 is index, else the type decides.
 *
 * @param \WP_Post $post The post.
 * @return bool
 */
function framework_noindex( \WP_Post $post ): bool {
	$own = (int) get_post_meta( $post->ID, FRAMEWORK_KEY, true );
	if ( 0 !== $own ) {
		return $own > 0;
	}
	$types = ( (array) get_option( 'autodescription-site-settings' ) )['noindex_post_types'] ?? array();
	return ! empty( $types[ $post->post_type ] );
}

/**
 * All in One SEO: a row in a table of its own; null where that leaves it to the settings of the site.
 *
 * @param \WP_Post $post The post.
 * @return bool|null
 */
function all_in_one_noindex( \WP_Post $post ): ?bool {
	global $wpdb;
	// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- That plugin's table; its functions changed with its versions.
	$row = $wpdb->get_row(
		$wpdb->prepare(
			"SELECT robots_default, robots_noindex FROM {$wpdb->prefix}aioseo_posts WHERE post_id = %d",
			$post->ID
		)
	);
	return $row && ! (int) $row->robots_default ? (bool) (int) $row->robots_noindex : null;
}
