<?php
/**
 * Delivers what waits: at the end of the request that changed a post, and by schedule while anything is left.
 *
 * Requests block: without waiting for the answer WordPress would neither be faster on a service that hangs, nor
 * learn that an event was lost.
 *
 * @package Askpress
 */

namespace Askpress;

defined( 'ABSPATH' ) || exit;

const DELIVERY_HOOK = 'askpress_deliver';
const STATE         = 'askpress_state';

// An editor waits no longer than this for a service that hangs, where the response cannot be finished first.
const TIMEOUT_SECONDS = 3;

// For a scheduled run, which nobody waits for.
const RUN_SECONDS = 20;

const FIRST_RETRY_SECONDS = 60;
const LAST_RETRY_SECONDS  = 900;

/**
 * Has the queue delivered once the request is done.
 */
function deliver_on_shutdown(): void {
	$deliver = __NAMESPACE__ . '\\deliver_after_response';
	if ( ! has_action( 'shutdown', $deliver ) ) {
		add_action( 'shutdown', $deliver, 99 );
	}
}

/**
 * Delivers after the browser has its page, where the server can do that.
 */
function deliver_after_response(): void {
	ignore_user_abort( true );
	if ( PHP_SESSION_ACTIVE === session_status() ) {
		// It would hold up the next request of the same person.
		session_write_close();
	}
	if ( function_exists( 'fastcgi_finish_request' ) ) {
		fastcgi_finish_request();
	} elseif ( function_exists( 'litespeed_finish_request' ) ) {
		litespeed_finish_request();
	}
	deliver( TIMEOUT_SECONDS );
}

/**
 * Delivers at the scheduled time.
 */
function deliver_on_schedule(): void {
	deliver( RUN_SECONDS );
}

/**
 * Sends what waits until the time is up or a try fails, and sees to it that the rest is tried again.
 *
 * @param float $seconds How long, one more at most.
 */
function deliver( float $seconds ): void {
	$until   = microtime( true ) + $seconds;
	$outcome = null;
	foreach ( is_connected() ? waiting_rows() : array() as $row ) {
		$left = $until - microtime( true );
		if ( $left <= 0 ) {
			break;
		}
		// Less than a second is no timeout that cURL keeps everywhere.
		$outcome = send( $row->message_id, $row->body, max( 1, min( TIMEOUT_SECONDS, $left ) ) );
		if ( $outcome['again'] ) {
			break;
		}
		remove_row( $row );
	}
	if ( $outcome ) {
		record( $outcome );
	}
	keep_trying();
}

/**
 * Sends one message and returns what became of it.
 *
 * @param string $message_id The same for each try.
 * @param string $body       JSON.
 * @param float  $timeout    Seconds.
 * @return array{taken: bool, again: bool, text: string}
 */
function send( string $message_id, string $body, float $timeout ): array {
	$settings  = settings();
	$timestamp = time();
	// Not the "safe" variant: it refuses loopback and most ports, and the address is the owner's own.
	$reply = wp_remote_post(
		$settings['address'] . '/ingest',
		array(
			'timeout'             => $timeout,
			'redirection'         => 0,
			'limit_response_size' => 65536,
			'user-agent'          => 'askpress-plugin/' . VERSION . ' WordPress/' . get_bloginfo( 'version' ),
			'headers'             => array(
				'Content-Type'      => 'application/json',
				'webhook-id'        => $message_id,
				'webhook-timestamp' => (string) $timestamp,
				'webhook-signature' => signature( $settings['secret'], "$message_id.$timestamp.$body" ),
			),
			'body'                => $body,
		)
	);
	return outcome( $reply );
}

/**
 * Returns the signature as Standard Webhooks has it.
 *
 * @param string $secret  As it is kept.
 * @param string $content Id, time and body with full stops between.
 * @return string
 */
function signature( string $secret, string $content ): string {
	// phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions.obfuscation_base64_encode -- The scheme's form.
	return 'v1,' . base64_encode( hash_hmac( 'sha256', $content, secret_key( $secret ), true ) );
}

/**
 * Returns how the deliveries go.
 *
 * @return array{delivered_at: int, failed_at: int, error: string, failures: int}
 */
function state(): array {
	$none = array(
		'delivered_at' => 0,
		'failed_at'    => 0,
		'error'        => '',
		'failures'     => 0,
	);
	return wp_parse_args( get_option( STATE, array() ), $none );
}

/**
 * Keeps how the last try went.
 *
 * Only scheduled tries count as failures: somebody who saves often shall not put off the next one.
 *
 * @param array{taken: bool, again: bool, text: string} $outcome Of that try.
 */
function record( array $outcome ): void {
	$state = state();
	if ( $outcome['taken'] ) {
		$state['delivered_at'] = time();
		$state['error']        = '';
		$state['failures']     = 0;
	} else {
		$state['failed_at'] = time();
		$state['error']     = $outcome['text'];
		$state['failures'] += wp_doing_cron() ? 1 : 0;
	}
	update_option( STATE, $state, false );
}

/**
 * Has the queue tried again while anything waits, later with each failure.
 */
function keep_trying(): void {
	$next = wp_next_scheduled( DELIVERY_HOOK );
	$due  = time() + retry_seconds( state()['failures'] );
	if ( 0 === waiting_count() ) {
		wp_clear_scheduled_hook( DELIVERY_HOOK );
	} elseif ( ! $next || $next > $due ) {
		wp_clear_scheduled_hook( DELIVERY_HOOK );
		wp_schedule_single_event( $due, DELIVERY_HOOK );
	}
}

/**
 * Returns how long to wait for the next try.
 *
 * @param int $failures Scheduled tries that failed in a row.
 * @return int Seconds.
 */
function retry_seconds( int $failures ): int {
	return (int) min( LAST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min( $failures, 10 ) );
}
