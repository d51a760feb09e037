// Sample papers, drawn: a face of circles and curves, «MẪU / SAMPLE» across. They look like no real document.

import type { Face, Sample } from './samples';

const CARD = { width: 1012, height: 638 };
const PORTRAIT = { width: 720, height: 960 };
const FONT = "'Be Vietnam Pro', sans-serif";

export interface Papers {
  idFront: Blob;
  idBack: Blob;
  portrait: Blob;
}

export async function drawPapers(sample: Sample): Promise<Papers> {
  await document.fonts.ready;
  return {
    idFront: await jpeg(CARD, (pen) => front(pen, sample)),
    idBack: await jpeg(CARD, (pen) => back(pen, sample)),
    portrait: await jpeg(PORTRAIT, (pen) => portrait(pen, sample.portrait)),
  };
}

type Pen = CanvasRenderingContext2D;

function jpeg(size: { width: number; height: number }, draw: (pen: Pen) => void): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = size.width;
  canvas.height = size.height;
  const pen = canvas.getContext('2d');
  if (!pen) return Promise.reject(new Error('no 2d canvas'));
  draw(pen);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no jpeg'))), 'image/jpeg', 0.9);
  });
}

function front(pen: Pen, sample: Sample): void {
  paper(pen, '#dfeee6', '#c7dfd3');
  pen.fillStyle = '#1c4a37';
  text(pen, 'THẺ MẪU — KHÔNG CÓ GIÁ TRỊ', 506, 78, 40, 'center', 600);
  text(pen, 'Sample card, not a document', 506, 118, 24, 'center');
  pen.save();
  pen.beginPath();
  pen.rect(54, 170, 270, 360);
  pen.clip();
  pen.translate(54, 170);
  pen.scale(270 / PORTRAIT.width, 360 / PORTRAIT.height);
  bust(pen, sample.card, '#c9d8e4');
  pen.restore();
  const rows: [string, string][] = [
    ['Số / No.', sample.idNumber],
    ['Họ và tên / Full name', sample.fullName.toUpperCase()],
    ['Ngày sinh / Date of birth', day(sample.dateOfBirth)],
    ['Nơi cư trú / Address', sample.address],
  ];
  rows.forEach(([label, value], index) => {
    const y = 196 + index * 92;
    pen.fillStyle = '#3d6353';
    text(pen, label, 362, y, 22);
    pen.fillStyle = '#10261c';
    text(pen, value, 362, y + 40, index < 2 ? 36 : 30, 'left', 600);
  });
  sampleAcross(pen, CARD);
}

function back(pen: Pen, sample: Sample): void {
  paper(pen, '#e9e7dc', '#d6d3c2');
  pen.fillStyle = '#4b452a';
  text(pen, 'MẶT SAU — BACK', 506, 78, 36, 'center', 600);
  pen.fillStyle = '#c9a44c';
  pen.fillRect(70, 150, 150, 118);
  pen.strokeStyle = '#7d632a';
  pen.lineWidth = 4;
  for (const y of [180, 209, 238]) line(pen, 70, y, 220, y);
  line(pen, 145, 150, 145, 268);
  pen.fillStyle = '#3c371f';
  text(pen, 'Ngày cấp / Issued on', 280, 180, 22);
  text(pen, day(sample.idIssuedOn), 280, 220, 32, 'left', 600);
  text(pen, 'Nơi cấp / Issued by: Phòng Ví Dụ', 280, 272, 26);
  pen.font = `30px ui-monospace, monospace`;
  const bare = sample.fullName.normalize('NFD').replace(/[\u0300-\u036f]/g, '').replace(/đ/gi, 'D');
  const name = bare.toUpperCase().replace(/ /g, '<');
  for (const [index, row] of [`MAU<<SAMPLE<<${sample.idNumber}`, name].entries()) {
    pen.fillText(row.padEnd(48, '<').slice(0, 48), 70, 420 + index * 50);
  }
  sampleAcross(pen, CARD);
}

function portrait(pen: Pen, face: Face): void {
  bust(pen, face, '#d6e0e8');
  sampleAcross(pen, PORTRAIT);
}

function paper(pen: Pen, light: string, dark: string): void {
  const tone = pen.createLinearGradient(0, 0, CARD.width, CARD.height);
  tone.addColorStop(0, light);
  tone.addColorStop(1, dark);
  pen.fillStyle = tone;
  pen.fillRect(0, 0, CARD.width, CARD.height);
  pen.strokeStyle = 'rgb(0 0 0 / 6%)';
  pen.lineWidth = 2;
  for (let r = 60; r < 900; r += 26) {
    pen.beginPath();
    pen.arc(820, 620, r, 0, Math.PI * 2);
    pen.stroke();
  }
}

/** Head and shoulders on 720×960. */
function bust(pen: Pen, face: Face, background: string): void {
  pen.fillStyle = background;
  pen.fillRect(0, 0, PORTRAIT.width, PORTRAIT.height);
  if (face.style === 'long') blob(pen, face.hair, 360, 470, 232, 330);
  if (face.style === 'bun') blob(pen, face.hair, 360, 150, 92, 80);
  blob(pen, face.shirt, 360, 960, 320, 240);
  pen.fillStyle = shade(face.skin);
  pen.fillRect(300, 600, 120, 150);
  blob(pen, face.shirt, 360, 830, 130, 70);
  blob(pen, shade(face.skin), 178, 440, 30, 52);
  blob(pen, shade(face.skin), 542, 440, 30, 52);
  blob(pen, face.hair, 360, 340, 200, 190);
  blob(pen, face.skin, 360, 445, 178, 226);
  fringe(pen, face);
  features(pen, face);
}

function fringe(pen: Pen, face: Face): void {
  pen.fillStyle = face.hair;
  pen.beginPath();
  pen.moveTo(178, 400);
  pen.quadraticCurveTo(200, 160, 360, 170);
  pen.quadraticCurveTo(520, 160, 542, 400);
  pen.quadraticCurveTo(500, 300, face.style === 'short' ? 360 : 420, 292);
  pen.quadraticCurveTo(220, 300, 178, 400);
  pen.fill();
}

function features(pen: Pen, face: Face): void {
  for (const side of [-1, 1]) {
    const x = 360 + side * 76;
    blob(pen, '#ffffff', x, 440, 34, 20);
    blob(pen, '#3a2616', x, 440, 16, 17);
    stroke(pen, face.hair, 9 + face.brows, x - 42, 396, x, 376 - face.brows * 2, x + 42, 396);
    if (face.glasses) ring(pen, x, 442, 58);
  }
  if (face.glasses) stroke(pen, '#2b2f36', 8, 342, 440, 360, 430, 378, 440);
  stroke(pen, shade(face.skin), 8, 360, 450, 334, 530, 372, 530);
  stroke(pen, '#a8443f', 12, 300, 588, 360, 618, 420, 588);
}

function blob(pen: Pen, colour: string, x: number, y: number, rx: number, ry: number): void {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.ellipse(x, y, rx, ry, 0, 0, Math.PI * 2);
  pen.fill();
}

function ring(pen: Pen, x: number, y: number, r: number): void {
  pen.strokeStyle = '#2b2f36';
  pen.lineWidth = 8;
  pen.beginPath();
  pen.arc(x, y, r, 0, Math.PI * 2);
  pen.stroke();
}

function stroke(pen: Pen, colour: string, width: number, ...[x, y, cx, cy, ex, ey]: number[]): void {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.lineCap = 'round';
  pen.beginPath();
  pen.moveTo(x ?? 0, y ?? 0);
  pen.quadraticCurveTo(cx ?? 0, cy ?? 0, ex ?? 0, ey ?? 0);
  pen.stroke();
}

function line(pen: Pen, x: number, y: number, ex: number, ey: number): void {
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(ex, ey);
  pen.stroke();
}

function shade(colour: string): string {
  const value = Number.parseInt(colour.slice(1), 16);
  const darker = [16, 8, 0].map((shift) => Math.round(((value >> shift) & 255) * 0.86));
  return `rgb(${darker.join(' ')})`;
}

function text(
  pen: Pen,
  words: string,
  x: number,
  y: number,
  size: number,
  align: CanvasTextAlign = 'left',
  weight = 400,
): void {
  pen.font = `${weight} ${size}px ${FONT}`;
  pen.textAlign = align;
  pen.fillText(words, x, y, 600);
  pen.textAlign = 'left';
}

function sampleAcross(pen: Pen, { width, height }: { width: number; height: number }): void {
  pen.save();
  pen.translate(width / 2, height / 2);
  pen.rotate(-0.42);
  pen.fillStyle = 'rgb(176 32 32 / 62%)';
  pen.font = `600 ${Math.round(width / 9)}px ${FONT}`;
  pen.textAlign = 'center';
  pen.fillText('MẪU / SAMPLE', 0, 30);
  pen.restore();
}

function day(iso: string): string {
  return iso.split('-').reverse().join('/');
}
