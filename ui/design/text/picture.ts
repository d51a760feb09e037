// Texts of a picture that zooms. Entries are [Vietnamese, English].
import { texts } from './catalogue';

export const picture = texts({
  pictureFailed: ['Không tải được ảnh', 'The picture did not load'],
  pictureLoading: ['Đang tải ảnh…', 'Loading…'],
  retry: ['Thử lại', 'Try again'],
  zoomHint: [
    'Lăn chuột hoặc phím + và − để phóng to, kéo hoặc phím mũi tên để di chuyển, phím 0 để về ban đầu.',
    'Wheel or + and − to zoom, drag or arrow keys to move, 0 to reset.',
  ],
  zoomIn: ['Phóng to', 'Zoom in'],
  zoomOut: ['Thu nhỏ', 'Zoom out'],
  zoomReset: ['Về cỡ ban đầu', 'Reset'],
});
