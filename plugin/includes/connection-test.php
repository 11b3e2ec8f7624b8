<?php
/**
 * "Test the connection": has the service take one real event, which proves address, secret and clock at once.
 *
 * @package Askpress
 */

namespace Askpress;

defined( 'ABSPATH' ) || exit;

const TEST_ACTION = 'askpress_test';

/**
 * Shows the button.
 */
function show_test(): void {
	?>
	<form action="<?php echo esc_url( admin_url( 'admin-post.php' ) ); ?>" method="post">
		<input type="hidden" name="action" value="<?php echo esc_attr( TEST_ACTION ); ?>">
		<?php
		wp_nonce_field( TEST_ACTION );
		submit_button( __( 'Test the connection', 'askpress' ), 'secondary', 'submit', false );
		?>
		<p class="description"><?php esc_html_e( 'Uses the saved settings, and has the service look at your newest post.', 'askpress' ); ?></p>
	</form>
	<?php
}

/**
 * Tests, delivers what waits if that went well, and returns to the page.
 */
function answer_test(): void {
	if ( ! current_user_can( 'manage_options' ) ) {
		wp_die( esc_html__( 'You are not allowed to change these settings.', 'askpress' ), '', array( 'response' => 403 ) );
	}
	check_admin_referer( TEST_ACTION );
	$problem = problem_of_test();
	if ( '' === $problem ) {
		deliver( TIMEOUT_SECONDS );
		add_settings_error( SETTINGS, TEST_ACTION, esc_html__( 'The connection works: the service took the event.', 'askpress' ), 'success' );
	} else {
		complain( TEST_ACTION, $problem );
	}
	// Where options.php leaves its own messages for the next page.
	set_transient( 'settings_errors', get_settings_errors(), 30 );
	wp_safe_redirect( add_query_arg( 'settings-updated', 'true', page_url() ) );
	exit;
}

/**
 * Sends an event and returns what went wrong, or an empty string.
 *
 * @return string
 */
function problem_of_test(): string {
	if ( ! is_connected() ) {
		return __( 'Save the address and the secret first.', 'askpress' );
	}
	$post = newest_post();
	if ( ! $post ) {
		return __( 'Publish something first: the test has the service look at your newest post.', 'askpress' );
	}
	$body = event_body( $post->ID, $post->post_type, 'upsert', $post->post_modified_gmt );
	return send( new_message_id(), $body, TIMEOUT_SECONDS )['text'];
}

/**
 * Returns the newest post that the service may read.
 *
 * @return \WP_Post|null
 */
function newest_post(): ?\WP_Post {
	$types = watched_types();
	$found = ! $types ? array() : get_posts(
		array(
			'post_type'    => $types,
			'post_status'  => 'publish',
			'has_password' => false,
			'numberposts'  => 1,
			// Of two that were published in the same second, the later one.
			'orderby'      => array(
				'date' => 'DESC',
				'ID'   => 'DESC',
			),
		)
	);
	return $found[0] ?? null;
}
