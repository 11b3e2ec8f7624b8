<?php
/**
 * The page under Settings.
 *
 * @package Askpress
 */

namespace Askpress;

defined( 'ABSPATH' ) || exit;

/**
 * Hooks the page in.
 *
 * @param string $plugin The plugin's file, as the list of plugins names it.
 */
function add_settings_hooks( string $plugin ): void {
	add_action( 'admin_menu', __NAMESPACE__ . '\\add_page' );
	add_action( 'admin_init', __NAMESPACE__ . '\\register_page' );
	add_action( 'admin_post_' . TEST_ACTION, __NAMESPACE__ . '\\answer_test' );
	add_filter( 'plugin_action_links_' . $plugin, __NAMESPACE__ . '\\with_settings_link' );
}

/**
 * Adds the page to the menu.
 */
function add_page(): void {
	add_options_page( 'askpress', 'askpress', 'manage_options', PAGE, __NAMESPACE__ . '\\show_page' );
}

/**
 * Tells WordPress of the settings and their fields.
 */
function register_page(): void {
	register_setting(
		PAGE,
		SETTINGS,
		array(
			'type'              => 'array',
			'sanitize_callback' => __NAMESPACE__ . '\\checked_settings',
			'show_in_rest'      => false,
		)
	);
	add_settings_section( 'askpress_service', '', '__return_null', PAGE );
	$fields = array(
		'address' => __( 'Address of the service', 'askpress' ),
		'secret'  => __( 'Secret', 'askpress' ),
		'types'   => __( 'Post types', 'askpress' ),
	);
	foreach ( $fields as $name => $label ) {
		$for = 'types' === $name ? array() : array( 'label_for' => "askpress_$name" );
		add_settings_field( "askpress_$name", $label, __NAMESPACE__ . "\\show_$name", PAGE, 'askpress_service', $for );
	}
}

/**
 * Puts a link to the page into the list of plugins.
 *
 * @param string[] $links The ones before.
 * @return string[]
 */
function with_settings_link( $links ): array {
	$link = sprintf( '<a href="%s">%s</a>', esc_url( page_url() ), esc_html__( 'Settings', 'askpress' ) );
	return array_merge( array( $link ), (array) $links );
}

/**
 * Returns the address of the page.
 *
 * @return string
 */
function page_url(): string {
	return add_query_arg( 'page', PAGE, admin_url( 'options-general.php' ) );
}

/**
 * Shows the page.
 */
function show_page(): void {
	if ( ! current_user_can( 'manage_options' ) ) {
		return;
	}
	keep_trying();
	?>
	<div class="wrap">
		<h1><?php echo esc_html( get_admin_page_title() ); ?></h1>
		<p><?php esc_html_e( 'Tells your askpress service which posts changed, so that it never answers from what is no longer there.', 'askpress' ); ?></p>
		<form action="options.php" method="post">
			<?php
			settings_fields( PAGE );
			do_settings_sections( PAGE );
			submit_button();
			?>
		</form>
		<h2><?php esc_html_e( 'Connection', 'askpress' ); ?></h2>
		<?php
		show_state();
		show_test();
		?>
	</div>
	<?php
}

/**
 * Shows the field for the address.
 */
function show_address(): void {
	printf(
		'<input type="url" class="regular-text code" id="askpress_address" name="%s[address]" value="%s" placeholder="https://ask.example.org">',
		esc_attr( SETTINGS ),
		esc_attr( settings()['address'] )
	);
	printf( '<p class="description">%s</p>', esc_html__( 'Empty: the service is told of nothing.', 'askpress' ) );
}

/**
 * Shows the field for the secret, never the secret.
 */
function show_secret(): void {
	printf(
		'<input type="password" class="regular-text code" id="askpress_secret" name="%s[secret]" value="" autocomplete="new-password">',
		esc_attr( SETTINGS )
	);
	$set  = __( 'A secret is set. Leave the field empty to keep it.', 'askpress' );
	$none = __( 'The service shows it when the site is added there; it begins with whsec_.', 'askpress' );
	printf( '<p class="description">%s</p>', esc_html( '' === settings()['secret'] ? $none : $set ) );
}

/**
 * Shows a box to tick for each type.
 */
function show_types(): void {
	$watched = watched_types();
	foreach ( readable_types() as $name => $type ) {
		printf(
			'<label><input type="checkbox" name="%s[types][]" value="%s"%s> %s</label><br>',
			esc_attr( SETTINGS ),
			esc_attr( $name ),
			checked( in_array( $name, $watched, true ), true, false ),
			esc_html( $type->labels->name )
		);
	}
}

/**
 * Shows what was delivered last, what waits, and why.
 */
function show_state(): void {
	$state   = state();
	$waiting = waiting_count();
	$next    = (int) wp_next_scheduled( DELIVERY_HOOK );
	$lines   = array( __( 'Last delivery', 'askpress' ) => $state['delivered_at'] ? local_time( $state['delivered_at'] ) : __( 'None yet', 'askpress' ) );
	/* translators: %s: number of posts. */
	$lines[ __( 'Waiting', 'askpress' ) ] = sprintf( _n( '%s post', '%s posts', $waiting, 'askpress' ), number_format_i18n( $waiting ) );
	if ( $waiting && $next ) {
		$lines[ __( 'Next try', 'askpress' ) ] = local_time( $next );
	}
	if ( '' !== $state['error'] ) {
		$lines[ __( 'Last failure', 'askpress' ) ] = local_time( $state['failed_at'] ) . ': ' . $state['error'];
	}
	echo '<table class="form-table" role="presentation" id="askpress_state">';
	foreach ( $lines as $label => $text ) {
		printf( '<tr><th scope="row">%s</th><td>%s</td></tr>', esc_html( $label ), esc_html( $text ) );
	}
	echo '</table>';
}

/**
 * Returns a moment as the site writes it.
 *
 * @param int $time Unix seconds.
 * @return string
 */
function local_time( int $time ): string {
	return (string) wp_date( get_option( 'date_format' ) . ' ' . get_option( 'time_format' ), $time );
}
