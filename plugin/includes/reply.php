<?php
/**
 * What the service's reply to an event means, in a sentence for the owner of the site.
 *
 * @package Askpress
 */

namespace Askpress;

defined( 'ABSPATH' ) || exit;

// The service says 202 once the event is stored; any other success comes from something else at this address.
const STORED = 202;

// With these the service says that the event itself is at fault: it would refuse it every time.
const FINAL_REFUSALS = array( 400, 413, 422 );

// With these it does not: a person mends a clock, the names that the service goes by, or what stands before it.
const MENDABLE = array( '', 'clock_skew', 'invalid_host', 'invalid_http' );

// Shown on a page and kept in an option.
const MOST_CHARACTERS = 500;

/**
 * Returns whether the event was taken, whether it is to be tried again, and what to tell the owner.
 *
 * @param array|\WP_Error $reply As wp_remote_post() returns it.
 * @return array{taken: bool, again: bool, text: string}
 */
function outcome( $reply ): array {
	if ( is_wp_error( $reply ) ) {
		/* translators: %s: reason, often in English. */
		return refused( sprintf( __( 'The service cannot be reached: %s', 'askpress' ), $reply->get_error_message() ) );
	}
	$status = (int) wp_remote_retrieve_response_code( $reply );
	if ( STORED === $status ) {
		return array(
			'taken' => true,
			'again' => false,
			'text'  => '',
		);
	}
	$problem = problem( $reply );
	// Each try is signed anew.
	$final = in_array( $status, FINAL_REFUSALS, true ) && ! in_array( $problem['code'], MENDABLE, true );
	return refused( refusal( $reply, $status, $problem ), ! $final );
}

/**
 * Returns the outcome of a try that failed.
 *
 * @param string $text  Why.
 * @param bool   $again Whether another try can help.
 * @return array{taken: bool, again: bool, text: string}
 */
function refused( string $text, bool $again = true ): array {
	return array(
		'taken' => false,
		'again' => $again,
		'text'  => $text,
	);
}

/**
 * Returns why the service refused, or what seems to be in its place.
 *
 * @param array                               $reply   As wp_remote_post() returns it.
 * @param int                                 $status  Its status.
 * @param array{code: string, detail: string} $problem What it says of itself.
 * @return string
 */
function refusal( array $reply, int $status, array $problem ): string {
	if ( 'clock_skew' === $problem['code'] ) {
		return clock_skew( $reply, $problem['detail'] );
	}
	if ( '' !== $problem['code'] ) {
		/* translators: 1: HTTP status, 2: name of the error, 3: explanation by the service, in English. */
		return sprintf( __( 'The service refused it (%1$d, %2$s): %3$s', 'askpress' ), $status, $problem['code'], $problem['detail'] );
	}
	if ( $status >= 300 && $status < 400 ) {
		$target = (string) wp_remote_retrieve_header( $reply, 'location' );
		/* translators: 1: HTTP status, 2: web address. */
		return sprintf( __( 'The address redirects (%1$d) to %2$s: enter the one it leads to.', 'askpress' ), $status, $target );
	}
	/* translators: %d: HTTP status. */
	return sprintf( __( 'The answer was %d, which is not one of askpress: check the address, and whether the service runs.', 'askpress' ), $status );
}

/**
 * Returns the sentence for clocks that disagree, with the time on both.
 *
 * @param array  $reply  As wp_remote_post() returns it.
 * @param string $detail What the service says.
 * @return string
 */
function clock_skew( array $reply, string $detail ): string {
	$there = strtotime( (string) wp_remote_retrieve_header( $reply, 'date' ) );
	return sprintf(
		/* translators: 1: time, 2: time or "unknown", 3: explanation by the service, in English. */
		__( 'The clocks differ by more than five minutes: this site has %1$s, the service has %2$s. Set the wrong one. (%3$s)', 'askpress' ),
		utc( time() ),
		$there ? utc( $there ) : __( 'an unknown time', 'askpress' ),
		$detail
	);
}

/**
 * Returns a moment as both machines would write it.
 *
 * @param int $time Unix seconds.
 * @return string
 */
function utc( int $time ): string {
	return gmdate( 'Y-m-d H:i:s', $time ) . ' UTC';
}

/**
 * Returns the code and the detail of a problem (RFC 9457), empty when the reply is none.
 *
 * @param array $reply As wp_remote_post() returns it.
 * @return array{code: string, detail: string}
 */
function problem( array $reply ): array {
	$said = json_decode( (string) wp_remote_retrieve_body( $reply ), true );
	$said = is_array( $said ) ? $said : array();
	return array(
		'code'   => is_string( $said['code'] ?? null ) ? mb_substr( $said['code'], 0, MOST_CHARACTERS ) : '',
		'detail' => is_string( $said['detail'] ?? null ) ? mb_substr( $said['detail'], 0, MOST_CHARACTERS ) : '',
	);
}
