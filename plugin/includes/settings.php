<?php
/**
 * The settings: where the service is, the secret shared with it, and which post types it is told of.
 *
 * @package Askpress
 */

namespace Askpress;

defined( 'ABSPATH' ) || exit;

const SETTINGS      = 'askpress_settings';
const SECRET_PREFIX = 'whsec_';

/**
 * Returns the settings of a site where nothing was set.
 *
 * @return array{address: string, secret: string, types: string[]}
 */
function default_settings(): array {
	return array(
		'address' => '',
		'secret'  => '',
		'types'   => array( 'post', 'page' ),
	);
}

/**
 * Returns the settings in force.
 *
 * @return array{address: string, secret: string, types: string[]}
 */
function settings(): array {
	return wp_parse_args( get_option( SETTINGS, array() ), default_settings() );
}

/**
 * Tells whether there is a service to tell of changes.
 *
 * @return bool
 */
function is_connected(): bool {
	$settings = settings();
	return '' !== $settings['address'] && '' !== $settings['secret'];
}

/**
 * Returns the post types that the service can read: anybody may see them, and the REST API has them.
 *
 * Media are left out: the service indexes posts.
 *
 * @return \WP_Post_Type[] By name.
 */
function readable_types(): array {
	$types = get_post_types( array( 'show_in_rest' => true ), 'objects' );
	unset( $types['attachment'] );
	return array_filter( $types, 'is_post_type_viewable' );
}

/**
 * Returns the names of the post types that the service is told of.
 *
 * @return string[]
 */
function watched_types(): array {
	return array_values( array_intersect( settings()['types'], array_keys( readable_types() ) ) );
}

/**
 * Returns the bytes that a secret stands for, or an empty string when it is malformed.
 *
 * The scheme of Standard Webhooks: "whsec_" and 24 to 64 bytes as base64.
 *
 * @param string $secret As the service shows it.
 * @return string
 */
function secret_key( string $secret ): string {
	if ( 0 !== strpos( $secret, SECRET_PREFIX ) ) {
		return '';
	}
	// phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions.obfuscation_base64_decode -- The scheme's form of a key.
	$key = (string) base64_decode( substr( $secret, strlen( SECRET_PREFIX ) ), true );
	return strlen( $key ) >= 24 && strlen( $key ) <= 64 ? $key : '';
}
