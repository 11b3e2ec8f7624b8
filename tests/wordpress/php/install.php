<?php
// Makes the tables and the administrator; prints an application password.
define('WP_INSTALLING', true);
require getenv('TEST_SITE') . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
function wp_new_blog_notification() {} // it would send mail
wp_install('Test site', 'admin', 'admin@example.org', true, '', 'password');
update_option('timezone_string', 'Europe/Berlin');
list($password) = WP_Application_Passwords::create_new_application_password(1, ['name' => 'tests']);
echo $password;
