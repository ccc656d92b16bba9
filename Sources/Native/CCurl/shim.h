#pragma once
#include <curl/curl.h>

// libcurl's option setters are variadic, which Swift cannot call: one typed wrapper per kind of value.
// https://curl.se/libcurl/c/curl_easy_setopt.html
static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, const void *value) {
    return curl_easy_setopt(easy, option, value);
}
typedef size_t (*ccurl_write)(char *, size_t, size_t, void *);
static inline CURLcode ccurl_set_write(CURL *easy, ccurl_write function, void *user) {
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, user);
    return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, function);
}
static inline CURLcode ccurl_set_head_lines(CURL *easy, ccurl_write function, void *user) {
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, user);
    return curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, function);
}
static inline CURLcode ccurl_set_headers(CURL *easy, struct curl_slist *list) {
    return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
}
static inline CURLcode ccurl_get_socket(CURL *easy, curl_socket_t *socket) {
    return curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, socket);
}
static inline CURLcode ccurl_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode ccurl_get_text(CURL *easy, CURLINFO info, const char **value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode ccurl_get_pointer(CURL *easy, void **value) {
    return curl_easy_getinfo(easy, CURLINFO_PRIVATE, value);
}
typedef curl_socket_t (*ccurl_open_socket)(void *, curlsocktype, struct curl_sockaddr *);
static inline CURLcode ccurl_set_open_socket(CURL *easy, ccurl_open_socket function, void *user) {
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, user);
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, function);
}
typedef int (*ccurl_socket_function)(CURL *, curl_socket_t, int, void *, void *);
typedef int (*ccurl_timer_function)(CURLM *, long, void *);
static inline CURLMcode ccurl_multi_set_callbacks(
    CURLM *multi, ccurl_socket_function on_socket, ccurl_timer_function on_timer, void *user) {
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, user);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, user);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
}
static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
