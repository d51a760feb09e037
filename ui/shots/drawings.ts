// Drawn sample pictures: no real people, no real papers.

function svg(width: number, height: number, body: string): string {
  const text = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif">${body}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(text)}`;
}

function person(x: number, y: number, scale: number, shirt: string): string {
  return `<g transform="translate(${x} ${y}) scale(${scale})">
    <path d="M-95 150C-90 60-50 40 0 40s90 20 95 110Z" fill="${shirt}"/>
    <rect x="-20" y="5" width="40" height="50" fill="#d9a57e"/>
    <ellipse cx="0" cy="-40" rx="52" ry="66" fill="#e8b993"/>
    <path d="M-60-30C-70-130 70-130 60-30 55-75 20-85 0-85s-55 10-60 55Z" fill="#2a2320"/>
    <circle cx="-19" cy="-40" r="5" fill="#222"/><circle cx="19" cy="-40" r="5" fill="#222"/>
    <path d="M-18-5q18 14 36 0" stroke="#9b4a3c" stroke-width="4" fill="none"/><path d="M0-35l-5 18h8" stroke="#b98058" stroke-width="3" fill="none"/></g>`;
}

export const live = svg(640, 480, `<rect width="640" height="480" fill="#b9c7cf"/><rect y="330" width="640" height="150" fill="#8b7a66"/><rect x="440" y="60" width="150" height="190" fill="#e8eef1"/>${person(310, 280, 1.35, '#3b6ea5')}`);
export const own = svg(640, 480, `<rect width="640" height="480" fill="#dfe6ea"/>${person(320, 300, 1.3, '#1d4d38')}`);
export const portrait = svg(300, 400, `<rect width="300" height="400" fill="#cfe0ee"/>${person(150, 230, 1.15, '#ffffff')}`);
export const idFront = svg(856, 540, `<rect width="856" height="540" rx="28" fill="#d8ece4"/><rect x="0" y="0" width="856" height="92" fill="#b9dccb"/><text x="428" y="60" font-size="34" text-anchor="middle" fill="#7a1d1d">CĂN CƯỚC CÔNG DÂN (MẪU VẼ)</text><rect x="40" y="130" width="210" height="280" fill="#cfe0ee"/><g>${person(145, 300, 0.8, '#ffffff')}</g><text x="290" y="190" font-size="34" fill="#222">079 190 001 234</text><text x="290" y="260" font-size="32" fill="#222">NGUYỄN THỊ ÁNH</text><text x="290" y="325" font-size="28" fill="#222">17/05/1990 · Nữ</text><text x="290" y="390" font-size="24" fill="#222">12 Lê Lợi, Phường Bến Nghé,</text><text x="290" y="425" font-size="24" fill="#222">Quận 1, TP. Hồ Chí Minh</text>`);
export const idBack = svg(856, 540, `<rect width="856" height="540" rx="28" fill="#e4e6da"/><rect x="60" y="60" width="150" height="110" rx="14" fill="#d9b44a"/><text x="260" y="110" font-size="28" fill="#222">Ngày cấp: 02/08/2021</text><text x="260" y="160" font-size="24" fill="#222">Nơi cấp: MẪU VẼ</text><text x="60" y="420" font-size="30" fill="#222">IDVNM1900012340&lt;&lt;&lt;&lt;&lt;&lt;</text><text x="60" y="470" font-size="30" fill="#222">NGUYEN&lt;&lt;THI&lt;ANH&lt;&lt;&lt;&lt;&lt;&lt;</text>`);
export const evidence = svg(1280, 800, `<rect width="1280" height="800" fill="#eef1f4"/><rect x="20" y="70" width="760" height="570" fill="#0d1116"/><g transform="translate(20 70) scale(1.18)"><rect width="640" height="480" fill="#b9c7cf"/>${person(310, 280, 1.35, '#3b6ea5')}</g><rect x="800" y="70" width="150" height="200" fill="#cfe0ee"/><rect x="960" y="70" width="300" height="190" fill="#d8ece4"/><rect x="20" y="650" width="190" height="130" fill="#dfe6ea"/><rect x="0" y="720" width="1280" height="80" fill="#000" opacity=".7"/><text x="24" y="755" font-size="28" fill="#fff">23/11/2026 09:18:42 +07:00 · XÁC NHẬN</text><text x="24" y="788" font-size="22" fill="#fff">Cuộc gọi 0193a1c2 · NVHT Trần Minh Khoa · mẫu vẽ</text>`);
