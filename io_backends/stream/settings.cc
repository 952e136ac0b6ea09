#include "io_backends/stream/settings.h"

namespace rackcast::io {

std::shared_ptr<const StreamView> StreamView::from(const Config& config) {
  auto view = std::make_shared<StreamView>();
  if (config.http) {
    view->http_root = config.http->root;
    view->http_admission = config.http->admission;
  }
  if (config.ftp) {
    view->ftp_root = config.ftp->root;
    view->ftp_admission = config.ftp->admission;
    view->passive_ports = config.ftp->passive_ports;
  }
  return view;
}

std::shared_ptr<const StreamView> StreamView::updated(const Config& config) const {
  auto view = std::make_shared<StreamView>(*this);
  if (http_root && config.http) {
    view->http_root = config.http->root;
    view->http_admission = config.http->admission;
  }
  if (ftp_root && config.ftp) {
    view->ftp_root = config.ftp->root;
    view->ftp_admission = config.ftp->admission;
    view->passive_ports = config.ftp->passive_ports;
  }
  return view;
}

}  // namespace rackcast::io
