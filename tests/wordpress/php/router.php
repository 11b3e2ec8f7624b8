<?php
// Serves the site as Apache does: with rewriting every address that is no file goes to index.php, without it is a 404.
$root = $_SERVER['DOCUMENT_ROOT'];
$folder = getenv('TEST_FOLDER');
$path = urldecode(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
if (is_dir($root . $path) && file_exists($root . rtrim($path, '/') . '/index.php')) {
    $path = rtrim($path, '/') . '/index.php';
}
if (!is_file($root . $path)) {
    // Apache hands /index.php/more to index.php even without rewriting.
    $by_path_info = str_starts_with($path, $folder . '/index.php/');
    if (!$by_path_info && (getenv('TEST_REWRITES') === '0' || !str_starts_with($path, $folder . '/'))) {
        http_response_code(404);
        header('Content-Type: text/html; charset=iso-8859-1');
        echo '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN"><html><body><h1>Not Found</h1></body></html>';
        return true;
    }
    $path = $folder . '/index.php';
}
if (!str_ends_with($path, '.php')) {
    return false;
}
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = $path;
$_SERVER['SCRIPT_FILENAME'] = $root . $path;
chdir(dirname($root . $path));
require $root . $path;
