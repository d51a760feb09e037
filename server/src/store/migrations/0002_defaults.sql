-- What a fresh installation holds: the nine companies, who serves whom (C1), and the operator's words.

INSERT INTO companies (code, name, created_ms) VALUES
  ('1', 'Công ty Dịch vụ MobiFone Khu vực 1', 0),
  ('2', 'Công ty Dịch vụ MobiFone Khu vực 2', 0),
  ('3', 'Công ty Dịch vụ MobiFone Khu vực 3', 0),
  ('4', 'Công ty Dịch vụ MobiFone Khu vực 4', 0),
  ('5', 'Công ty Dịch vụ MobiFone Khu vực 5', 0),
  ('6', 'Công ty Dịch vụ MobiFone Khu vực 6', 0),
  ('7', 'Công ty Dịch vụ MobiFone Khu vực 7', 0),
  ('8', 'Công ty Dịch vụ MobiFone Khu vực 8', 0),
  ('9', 'Công ty Dịch vụ MobiFone Khu vực 9', 0);

INSERT INTO serves (home, serving) VALUES
  ('1', '1'), ('2', '2'), ('3', '3'), ('5', '5'), ('8', '8'), ('9', '9'),
  ('4', '1'), ('6', '1'), ('7', '3');

-- N2, word for word.
INSERT INTO texts (name, valid_from_ms, version, body) VALUES
  ('greeting', 0, '2021-10', 'Kính chào Quý khách, Quý khách đang tham gia dịch vụ video call nhằm xác minh chính chủ thuê bao theo quy định của Bộ Thông tin và Truyền thông, xin vui lòng hướng mặt về phía màn hình để hoàn tất thủ tục. Xin cảm ơn sự phối hợp của Quý khách.'),
  ('consent', 0, '2026-04', 'Tôi đồng ý thực hiện cuộc gọi video với nhân viên hỗ trợ để xác minh chính chủ thuê bao. Hình ảnh của tôi, ảnh giấy tờ, ảnh chân dung và ảnh chụp màn hình tại thời điểm xác minh được lưu làm bằng chứng cho việc đăng ký thông tin thuê bao theo quy định của pháp luật.');

INSERT INTO reasons (kind, code, position, body) VALUES
  ('reject', 'face_mismatch',     1, 'Khuôn mặt không khớp với giấy tờ hoặc ảnh chân dung'),
  ('reject', 'id_mismatch',       2, 'Thông tin khách hàng không khớp với giấy tờ'),
  ('reject', 'id_unreadable',     3, 'Ảnh giấy tờ mờ, mất góc hoặc không đọc được'),
  ('reject', 'not_live',          4, 'Nghi ngờ không phải người thật (ảnh, video phát lại, mặt nạ)'),
  ('reject', 'not_the_customer',  5, 'Người trong cuộc gọi không phải khách hàng'),
  ('reject', 'no_cooperation',    6, 'Khách hàng không phối hợp'),
  ('reject', 'poor_picture',      7, 'Hình ảnh không đủ rõ để đối chiếu'),
  ('reject', 'other',             8, 'Lý do khác'),
  ('pause',  'break',             1, 'Nghỉ giải lao'),
  ('pause',  'lunch',             2, 'Nghỉ trưa'),
  ('pause',  'meeting',           3, 'Họp'),
  ('pause',  'training',          4, 'Đào tạo'),
  ('pause',  'technical',         5, 'Sự cố kỹ thuật'),
  ('pause',  'other',             6, 'Lý do khác');
