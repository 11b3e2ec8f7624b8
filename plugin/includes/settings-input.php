<?php
/**
 * Checks what the owner enters; what cannot be right is refused and the old value stays.
 *
 * @package Askpress
 */

namespace Askpress;

defined( 'ABSPATH' ) || exit;

const PAGE = 'askpress';

/**
 * Returns the settings that the form asks for.
 *
 * @param mixed $input As the form sent it, unslashed.
 * @return array{address: string, secret: string, types: string[]}
 */
function checked_settings( $input ): array {
	$kept  = settings();
	$input = is_array( $input ) ? $input : array();
	return array(
		'address' => checked_address( text_of( $input['address'] ?? $kept['address'] ), $kept['address'] ),
		'secret'  => checked_secret( text_of( $input['secret'] ?? '' ), $kept['secret'] ),
		'types'   => array_values( array_intersect( array_keys( readable_types() ), (array) ( $input['types'] ?? array() ) ) ),
	);
}

/**
 * Returns a value of the form without the spaces around it.
 *
 * @param mixed $value What was sent.
 * @return string
 */
function text_of( $value ): string {
	return is_string( $value ) ? trim( $value ) : '';
}

/**
 * Returns the address of the service without what follows its own path; empty turns the deliveries off.
 *
 * @param string $entered What was entered.
 * @param string $kept    What stays otherwise.
 * @return string
 */
function checked_address( string $entered, string $kept ): string {
	$address = preg_replace( '#(/ingest)?/*$#', '', esc_url_raw( $entered, array( 'http', 'https' ) ) );
	$parts   = wp_parse_url( $address );
	$foreign = array_diff( array_keys( (array) $parts ), array( 'scheme', 'host', 'port', 'path' ) );
	if ( '' === $entered || ( ! empty( $parts['host'] ) && ! $foreign ) ) {
		return $address;
	}
	complain( 'askpress_address', __( 'The address must begin with https:// or http:// and hold no password and no question mark; the one before was kept.', 'askpress' ) );
	return $kept;
}

/**
 * Returns the secret; an empty field keeps the one before.
 *
 * @param string $entered What was entered.
 * @param string $kept    What stays otherwise.
 * @return string
 */
function checked_secret( string $entered, string $kept ): string {
	if ( '' === $entered || '' !== secret_key( $entered ) ) {
		return '' === $entered ? $kept : $entered;
	}
	complain( 'askpress_secret', __( 'That is no secret: it begins with whsec_ and is shown by the service. The one before was kept.', 'askpress' ) );
	return $kept;
}

/**
 * Has an error shown above the form.
 *
 * @param string $code Its name.
 * @param string $text What is wrong, without HTML.
 */
function complain( string $code, string $text ): void {
	add_settings_error( SETTINGS, $code, esc_html( $text ) );
}
