<?php
/**
 * The field "askpress" of every readable type in the REST API: what the service cannot learn elsewhere.
 *
 * @package Askpress
 */

namespace Askpress;

defined( 'ABSPATH' ) || exit;

/**
 * Adds the field.
 */
function register_field(): void {
	register_rest_field(
		array_keys( readable_types() ),
		'askpress',
		array(
			'get_callback' => __NAMESPACE__ . '\\field_of',
			'schema'       => array(
				'description' => __( 'What askpress needs to know of the post.', 'askpress' ),
				'type'        => 'object',
				'context'     => array( 'view', 'edit' ),
				'readonly'    => true,
				'properties'  => array(
					'noindex'      => array( 'type' => array( 'boolean', 'null' ) ),
					'lang'         => array( 'type' => array( 'string', 'null' ) ),
					'translations' => array( 'type' => array( 'object', 'null' ) ),
				),
			),
		)
	);
}

/**
 * Returns the field of one item.
 *
 * @param array $item As prepared so far.
 * @return array{noindex: bool|null, lang: string|null, translations: object|null}|null
 */
function field_of( $item ): ?array {
	$post = get_post( $item['id'] ?? 0 );
	if ( ! $post || empty( $item['id'] ) ) {
		return null;
	}
	$translations = translations_of( $post );
	return array(
		'noindex'      => noindex( $post ),
		'lang'         => language_of( $post ),
		// An empty array would become a list in JSON.
		'translations' => null === $translations ? null : (object) $translations,
	);
}
