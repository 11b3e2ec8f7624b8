<?php
// The configuration of the tests' WordPress; what differs between its addresses comes from the environment.
define('DB_NAME', 'wordpress');
define('DB_USER', 'wordpress');
define('DB_PASSWORD', 'wordpress');
define('DB_HOST', 'localhost:' . getenv('TEST_SOCKET'));
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
define('WP_HOME', getenv('TEST_HOME'));
define('WP_SITEURL', getenv('TEST_HOME'));
// Without it there are no application passwords over plain http.
define('WP_ENVIRONMENT_TYPE', 'local');
// Otherwise every request makes WordPress call itself.
define('DISABLE_WP_CRON', true);
// Otherwise pages of the administration wait for wordpress.org.
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('WP_ACCESSIBLE_HOSTS', '127.0.0.1,localhost');
define('AUTOMATIC_UPDATER_DISABLED', true);
// Debian's 6.1 on PHP 8.2 prints deprecations.
define('WP_DEBUG', false);
define('WP_DEBUG_DISPLAY', false);
$table_prefix = 'wp_';
require_once ABSPATH . 'wp-settings.php';
